-- How many of a page's fields are doubtful: nobody asked.
ALTER TABLE pages DROP COLUMN doubtful;
