"""The scans that are read: 300 printed sheets as a copier makes them, one JPEG a page, in one PDF."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

PAGES = 300
#: Pages to render at once.
HANDS = 2


@dataclass
class Lot:
    package: dict
    printed: Path
    pdf: Path
    page: Path


def package(students):
    fields = [
        {"type": "id_grid", "id": "matricula", "digits": 8},
        {"type": "choice", "id": "q{n}", "count": 90, "labels": "ABCDE"},
    ]
    rows = [{"id": f"s{n}", "name": f"Aluno {n}", "enrollment": f"{20260000 + n}"} for n in range(students)]
    room = {"id": "r1", "name": "Sala 1", "students": rows}
    return {
        "application": {"id": "carga", "title": "Carga"},
        "sheet": {"fields": fields},
        "units": [{"id": "u1", "name": "Unidade", "rooms": [room]}],
        "contents": ["sheet"],
    }


def make(program, work):
    lot = Lot(package(PAGES), work / "printed", work / "lote.pdf", work / "page.jpg")
    (work / "PACKAGE.json").write_text(json.dumps(lot.package))
    subprocess.run([program, "print", work / "PACKAGE.json", "--out", lot.printed], check=True, stderr=subprocess.DEVNULL)
    sheets = next(lot.printed.glob("**/*.pdf"))
    pages = work / "pages"
    pages.mkdir()

    def render(part):
        first, last = part * PAGES // HANDS + 1, (part + 1) * PAGES // HANDS
        look = ["-q", "-dSAFER", "-sDEVICE=jpeggray", "-r300", "-dJPEGQ=85", "-dTextAlphaBits=4", "-dGraphicsAlphaBits=4"]
        some = [f"-dFirstPage={first}", f"-dLastPage={last}", "-o", pages / f"{part}-%04d.jpg"]
        subprocess.run(["gs", *look, *some, sheets], check=True)

    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(render, range(HANDS)))
    pictures = sorted(pages.iterdir())
    assert len(pictures) == PAGES, len(pictures)
    lot.page.write_bytes(pictures[0].read_bytes())
    bind(pictures, lot.pdf)
    for picture in pictures:
        picture.unlink()
    return lot


def size(jpeg):
    """Width and height, from the frame's header."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return int.from_bytes(jpeg[at + 7 : at + 9], "big"), int.from_bytes(jpeg[at + 5 : at + 7], "big")


def bind(pictures, out):
    """A PDF of A4 pages, each a gray JPEG."""
    offsets = {}
    with open(out, "wb") as pdf:

        def put(number, *parts):
            offsets[number] = pdf.tell()
            pdf.write(b"%d 0 obj\n" % number)
            for part in parts:
                pdf.write(part)
            pdf.write(b"\nendobj\n")

        pdf.write(b"%PDF-1.4\n")
        put(1, b"<</Type/Catalog/Pages 2 0 R>>")
        kids = b" ".join(b"%d 0 R" % (3 + 3 * n) for n in range(len(pictures)))
        put(2, b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pictures), kids))
        for n, picture in enumerate(pictures):
            jpeg, page = picture.read_bytes(), 3 + 3 * n
            width, height = size(jpeg)
            look = b"<</XObject<</I %d 0 R>>>>" % (page + 2)
            put(page, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.276 841.89]/Contents %d 0 R/Resources%s>>" % (page + 1, look))
            draw = b"q 595.276 0 0 841.89 0 0 cm /I Do Q"
            put(page + 1, b"<</Length %d>>stream\n%s\nendstream" % (len(draw), draw))
            head = b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8" % (width, height)
            put(page + 2, head + b"/Filter/DCTDecode/Length %d>>stream\n" % len(jpeg), jpeg, b"\nendstream")
        begin, last = pdf.tell(), max(offsets)
        pdf.write(b"xref\n0 %d\n0000000000 65535 f \n" % (last + 1))
        for number in range(1, last + 1):
            pdf.write(b"%010d 00000 n \n" % offsets[number])
        pdf.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (last + 1, begin))
