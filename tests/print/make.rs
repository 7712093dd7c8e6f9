//! Small PDFs with all that may be in one.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, dictionary};

pub fn text(text: &str) -> Object {
    Object::String(text.as_bytes().to_vec(), StringFormat::Literal)
}

pub fn numbers<const N: usize>(numbers: [i64; N]) -> Object {
    numbers.map(Object::Integer).to_vec().into()
}

/// A document whose pages say their number; box, rotation and font are inherited from the tree. Returns its pages too.
pub fn document(name: &str, pages: usize) -> (Document, Vec<ObjectId>) {
    let mut doc = Document::with_version("1.5");
    let font = doc.add_object(dictionary! {"Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica"});
    let resources = doc.add_object(dictionary! {"Font" => dictionary! {"F" => font}});
    let (root, node) = (doc.new_object_id(), doc.new_object_id());
    let ids: Vec<ObjectId> = (1..=pages)
        .map(|n| {
            let content = format!("BT /F 20 Tf 40 100 Td ({name} {n}) Tj ET");
            let content = doc.add_object(Stream::new(Dictionary::new(), content.into_bytes()));
            doc.add_object(dictionary! {"Type" => "Page", "Parent" => node, "Contents" => content})
        })
        .collect();
    let kids: Vec<Object> = ids.iter().map(|&id| id.into()).collect();
    let count = pages as i64;
    doc.set_object(
        node,
        dictionary! {"Type" => "Pages", "Parent" => root, "Kids" => kids, "Count" => count, "Rotate" => 90},
    );
    doc.set_object(
        root,
        dictionary! {
            "Type" => "Pages", "Kids" => vec![node.into()], "Count" => count,
            "MediaBox" => numbers([0, 0, 300, 200]), "Resources" => resources
        },
    );
    let catalog = doc.add_object(dictionary! {"Type" => "Catalog", "Pages" => root});
    doc.trailer.set("Root", catalog);
    (doc, ids)
}

pub fn bytes(mut doc: Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    doc.save_modern(&mut bytes).unwrap();
    bytes
}

/// With an outline of two levels, page labels, a named destination and a link to it, a field, a layer, a script.
pub fn rich(name: &str) -> Vec<u8> {
    let (mut doc, pages) = document(name, 4);
    let [root, chapter, part, end] = std::array::from_fn(|_| doc.new_object_id());
    doc.set_object(root, dictionary! {"Type" => "Outlines", "First" => chapter, "Last" => end, "Count" => 3});
    let fit = |page: ObjectId| Object::Array(vec![page.into(), "Fit".into()]);
    doc.set_object(
        chapter,
        dictionary! {"Title" => text("Chapter"), "Parent" => root, "Next" => end, "First" => part, "Last" => part,
        "Count" => 1, "Dest" => fit(pages[0])},
    );
    doc.set_object(part, dictionary! {"Title" => text("Part"), "Parent" => chapter, "Dest" => text("place")});
    doc.set_object(
        end,
        dictionary! {"Title" => text("End"), "Parent" => root, "Prev" => chapter, "Dest" => fit(pages[3])},
    );

    let names = dictionary! {
        "Dests" => dictionary! {"Names" => vec![text("place"), fit(pages[2])]},
        "JavaScript" => dictionary! {"Names" => vec![]}
    };
    let script = dictionary! {"S" => "JavaScript", "JS" => text("app.alert(1)")};
    let link = doc.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Link", "Rect" => numbers([0, 0, 50, 50]),
        "A" => dictionary! {"S" => "GoTo", "D" => text("place"), "Next" => script.clone()}
    });
    let field = doc.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx", "T" => text("nome"), "V" => text(name),
        "Rect" => numbers([60, 0, 90, 20]), "P" => pages[1]
    });
    let helvetica = doc.add_object(dictionary! {"Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica"});
    let fonts = dictionary! {"Font" => dictionary! {"Helv" => helvetica}};
    let layer = doc.add_object(dictionary! {"Type" => "OCG", "Name" => text("Layer")});
    let page = doc.get_dictionary_mut(pages[1]).unwrap();
    page.set("Annots", vec![link.into(), field.into()]);
    page.set("AA", dictionary! {"O" => script.clone()});
    let labels = vec![0.into(), dictionary! {"S" => "r"}.into(), 2.into(), dictionary! {"S" => "D"}.into()];
    let catalog = doc.catalog_mut().unwrap();
    catalog.set("Outlines", root);
    catalog.set("Names", names);
    catalog.set("OpenAction", script);
    catalog.set("PageLabels", dictionary! {"Nums" => labels});
    catalog
        .set("AcroForm", dictionary! {"Fields" => vec![field.into()], "DA" => text("/Helv 0 Tf 0 g"), "DR" => fonts});
    catalog.set(
        "OCProperties",
        dictionary! {"OCGs" => vec![layer.into()], "D" => dictionary! {"BaseState" => "OFF", "Order" => vec![layer.into()]}},
    );
    bytes(doc)
}
