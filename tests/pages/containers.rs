//! The same page out of every container but PDF.

use crate::make::*;
use crate::{codes, read_all, read_one};
use gabarito::limits::Limits;
use gabarito::read::pages::{Placement, open};
use image::ExtendedColorType as Color;

fn same(name: &str, bytes: &[u8], tolerance: f64) {
    let found = read_one(name, bytes);
    assert_eq!(found.placement, Placement::Upright, "{name}");
    assert_eq!(found.notes, [], "{name}");
    let off = difference(&found.gray, found.placement, &page());
    assert!(off <= tolerance, "{name}: off by {off}");
}

#[test]
fn stills_of_every_colour_type() {
    let page = page();
    let with_alpha: Vec<u8> = page.data.iter().flat_map(|&v| [0, 0, 0, 255 - v]).collect();
    let gray_alpha: Vec<u8> = page.data.iter().flat_map(|&v| [0, 255 - v]).collect();
    let deep: Vec<u8> = page.data.iter().flat_map(|&v| [v, v]).collect();
    let deep_rgb: Vec<u8> = rgb(&page).iter().flat_map(|&v| [v, v]).collect();
    same("gray.jpg", &jpeg(&page), 2.0);
    same("color.jpg", &color_jpeg(&page), 2.0);
    same("gray.png", &encode(&page, Color::L8, &page.data, true), 0.0);
    same("rgb.png", &encode(&page, Color::Rgb8, &rgb(&page), true), 0.0);
    same("ink on nothing.png", &encode(&page, Color::Rgba8, &with_alpha, true), 0.0);
    same("gray on nothing.png", &encode(&page, Color::La8, &gray_alpha, true), 0.0);
    same("16 bits.png", &encode(&page, Color::L16, &deep, true), 0.0);
    same("48 bits.png", &encode(&page, Color::Rgb16, &deep_rgb, true), 0.0);
    same("rgb.webp", &encode(&page, Color::Rgb8, &rgb(&page), false), 0.0);
    same("ink on nothing.webp", &encode(&page, Color::Rgba8, &with_alpha, false), 0.0);
}

#[test]
fn jpegs_and_a_tiff_of_other_tools() {
    let progressive = include_bytes!("../fixtures/progressive.jpg");
    same("progressive.jpg", progressive, 3.0);
    same("cmyk.jpg", include_bytes!("../fixtures/cmyk.jpg"), 3.0);
    same("rgb.jpg", include_bytes!("../fixtures/rgb.jpg"), 3.0);
    same("restarts.jpg", include_bytes!("../fixtures/restarts.jpg"), 3.0);
    same("palette.tif", include_bytes!("../fixtures/palette.tif"), 1.0);
    assert_eq!(
        codes("a scan for each component.jpg", include_bytes!("../fixtures/scans.jpg")),
        ["unsupported_feature"]
    );
    // Of a cut progressive picture every row is there, but too coarse to read.
    assert_eq!(codes("cut.jpg", &progressive[..progressive.len() - 30]), ["truncated_file"]);
}

#[test]
fn colour_is_weighed_by_bt_601_whatever_the_container() {
    let red = page();
    let pixels: Vec<u8> = red.data.iter().flat_map(|_| [255, 0, 0]).collect();
    for (name, bytes) in [
        ("png", encode(&red, Color::Rgb8, &pixels, true)),
        ("webp", encode(&red, Color::Rgb8, &pixels, false)),
        ("tiff", tiff(&[(&red, &pixels, &[(258, 3, 8), (259, 3, 1), (262, 3, 2), (277, 3, 3)])])),
        ("pdf", scan_pdf(&red, Placement::Upright, "/ColorSpace/DeviceRGB/BitsPerComponent 8", &pixels)),
    ] {
        assert_eq!(read_one(name, &bytes).gray.data[5000], 76, "{name}");
    }
}

#[test]
fn tiff_of_every_compression() {
    let page = page();
    let white_on_black: Vec<u8> = bits(&page).iter().map(|b| !b).collect();
    let reversed: Vec<u8> = g4(&page).iter().map(|b| b.reverse_bits()).collect();
    let packbits: Vec<u8> = page.data.chunks(96).flat_map(|row| [&[95u8][..], row].concat()).collect();
    let cmyk: Vec<u8> = page.data.iter().flat_map(|&v| [0, 0, 0, 255 - v]).collect();
    let one_bit = |compression, photometric| [(258, 3, 1), (259, 3, compression), (262, 3, photometric), (277, 3, 1)];
    let gray = |compression| [(258, 3, 8), (259, 3, compression), (262, 3, 1), (277, 3, 1)];
    let color = |compression, photometric, n| [(258, 3, 8), (259, 3, compression), (262, 3, photometric), (277, 3, n)];
    same("g4.tif", &tiff(&[(&page, &g4(&page), &one_bit(4, 0))]), 0.0);
    same("g4 reversed bits.tif", &tiff(&[(&page, &reversed, &[&one_bit(4, 0)[..], &[(266, 3, 2)]].concat())]), 0.0);
    same("1-bit.tif", &tiff(&[(&page, &bits(&page), &one_bit(1, 1))]), 0.0);
    same("1-bit white is zero.tif", &tiff(&[(&page, &white_on_black, &one_bit(1, 0))]), 0.0);
    same("gray.tif", &tiff(&[(&page, &page.data, &gray(1))]), 0.0);
    same("lzw.tif", &tiff(&[(&page, &lzw(&page.data), &gray(5))]), 0.0);
    same("deflate.tif", &tiff(&[(&page, &zlib(&page.data), &gray(8))]), 0.0);
    same("packbits.tif", &tiff(&[(&page, &packbits, &gray(32773))]), 0.0);
    same("jpeg.tif", &tiff(&[(&page, &jpeg(&page), &gray(7))]), 2.0);
    same("colour jpeg.tif", &tiff(&[(&page, &color_jpeg(&page), &color(7, 6, 3))]), 3.0);
    same("rgb.tif", &tiff(&[(&page, &rgb(&page), &color(1, 2, 3))]), 0.0);
    same("cmyk.tif", &tiff(&[(&page, &cmyk, &color(1, 5, 4))]), 0.0);
    let inverted: Vec<u8> = page.data.iter().map(|v| 255 - v).collect();
    same("g4 black is zero.tif", &tiff(&[(&inverted_page(), &g4(&inverted_page()), &one_bit(4, 1))]), 0.0);
    assert_eq!(inverted, inverted_page().data);
    let old_jpeg = tiff(&[(&page, &jpeg(&page), &gray(6))]);
    assert_eq!(codes("old jpeg.tif", &old_jpeg), ["unsupported_feature"]);
}

fn inverted_page() -> gabarito::raster::Gray {
    let mut gray = page();
    gray.data.iter_mut().for_each(|v| *v = 255 - *v);
    gray
}

#[test]
fn orientation_and_density_of_stills() {
    let page = page();
    for (i, placement) in Placement::ALL.into_iter().enumerate() {
        let stored = stored(&page, placement);
        let turned = read_one("exif.jpg", &turned_jpeg(&stored, placement));
        assert_eq!(turned.placement, placement);
        assert!(difference(&turned.gray, placement, &page) < 2.0);
        let tags = [(258, 3, 1), (259, 3, 4), (262, 3, 0), (274, 3, i as u32 + 1), (282, 5, 300), (283, 5, 300)];
        let turned = read_one("turned.tif", &tiff(&[(&stored, &g4(&stored), &tags)]));
        assert_eq!((turned.placement, turned.dpi), (placement, Some(300.0)));
        assert_eq!(difference(&turned.gray, placement, &page), 0.0);
    }
    // A fax of 204 × 102 an inch becomes square.
    let tags = [(258, 3, 1), (259, 3, 4), (262, 3, 0), (282, 5, 204), (283, 5, 102)];
    let fax = read_one("fax.tif", &tiff(&[(&page, &g4(&page), &tags)]));
    assert_eq!((fax.gray.width, fax.gray.height, fax.dpi), (96, 256, Some(204.0)));
}

#[test]
fn every_page_of_a_tiff_and_no_thumbnail() {
    let (page, other) = (page(), inverted_page());
    let tags = [(258, 3, 1), (259, 3, 4), (262, 3, 0)];
    let thumbnail = [&tags[..], &[(254, 4, 1)]].concat();
    let odd = [(258, 3, 8), (259, 3, 6), (262, 3, 1), (277, 3, 1)];
    let (a, b) = (g4(&page), g4(&other));
    let file = tiff(&[(&page, &a, &tags), (&page, &a, &thumbnail), (&page, &a, &odd), (&other, &b, &tags)]);
    let limits = Limits::default();
    let listed: Vec<_> = gabarito::read::pages::open_bytes("many.tif", file.clone(), &limits).collect();
    assert_eq!(listed.iter().map(|p| p.source.page).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(codes("many.tif", &file), ["ok", "unsupported_feature", "ok"]);
    assert_eq!(read_all("many.tif", &file)[2].as_ref().unwrap().gray, other);
    let few = Limits { max_pages: 1, ..limits };
    let listed: Vec<_> = gabarito::read::pages::open_bytes("many.tif", file, &few).collect();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1].decode(&few).unwrap_err().code(), "too_many_pages");
    assert_eq!(listed[1].source.page, 2);
}

#[test]
fn a_zip_gives_its_scans_in_order_with_their_names() {
    let page = page();
    let pdf = scan_pdf(&page, Placement::Upright, "/ImageMask true/BitsPerComponent 1", &bits(&page));
    let inner = zip(&[("x.pdf", &pdf)]);
    let members: [(&str, &[u8]); 8] = [
        ("turma A/b.jpg", &jpeg(&page)),
        ("turma A/a.pdf", &pdf),
        ("__MACOSX/._a.pdf", b"resource fork"),
        ("notas.csv", b"nome;nota\n"),
        ("broken.pdf", b"no pdf at all\x00\x01"),
        ("inner.zip", &inner),
        ("foto.heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
        ("no extension", &jpeg(&page)),
    ];
    let file = zip(&members);
    let limits = Limits::default();
    let found: Vec<_> = gabarito::read::pages::open_bytes("bundle.zip", file, &limits)
        .map(|p| (p.source.file.clone(), p.decode(&limits).map_or_else(|e| e.code(), |_| "ok")))
        .collect();
    let expected = [
        ("bundle.zip/turma A/b.jpg", "ok"),
        ("bundle.zip/turma A/a.pdf", "ok"),
        ("bundle.zip/broken.pdf", "not_a_scan"),
        ("bundle.zip/inner.zip", "nested_archive"),
        ("bundle.zip/foto.heic", "unsupported_format"),
        ("bundle.zip/no extension", "ok"),
    ];
    assert_eq!(found.iter().map(|(f, c)| (f.as_str(), *c)).collect::<Vec<_>>(), expected);
}

#[test]
fn a_folder_is_walked_in_order() {
    let folder = std::env::temp_dir().join(format!("gabarito-pages-{}", std::process::id()));
    let inner = folder.join("b");
    std::fs::create_dir_all(&inner).unwrap();
    let page = page();
    let write = |path: &str, bytes: &[u8]| std::fs::write(folder.join(path), bytes).unwrap();
    write("c.png", &encode(&page, Color::L8, &page.data, true));
    write("a.jpg", &jpeg(&page));
    write("b/2.tif", &tiff(&[(&page, &g4(&page), &[(258, 3, 1), (259, 3, 4), (262, 3, 0)])]));
    write("b/1.pdf", b"");
    write("layout.json", b"{}");
    write(".hidden.pdf", b"x");
    write("z.pdf", b"just words");
    let limits = Limits::default();
    let found: Vec<_> = open(&folder, &limits)
        .map(|p| {
            let name = p.source.file.strip_prefix(folder.to_str().unwrap()).unwrap().replace('\\', "/");
            (name, p.decode(&limits).map_or_else(|e| e.code(), |_| "ok"))
        })
        .collect();
    let expected =
        [("/a.jpg", "ok"), ("/b/1.pdf", "empty_file"), ("/b/2.tif", "ok"), ("/c.png", "ok"), ("/z.pdf", "not_a_scan")];
    assert_eq!(found.iter().map(|(f, c)| (f.as_str(), *c)).collect::<Vec<_>>(), expected);
    let code = |path: &str| {
        let all: Vec<_> = open(&folder.join(path), &limits).map(|p| p.decode(&limits).unwrap_err().code()).collect();
        assert_eq!(all.len(), 1);
        all[0]
    };
    assert_eq!(code("layout.json"), "not_a_scan");
    assert_eq!(code("missing.pdf"), "no_such_file");
    std::fs::remove_file(folder.join("b/2.tif")).unwrap();
    std::fs::remove_file(folder.join("b/1.pdf")).unwrap();
    assert_eq!(code("b"), "no_scans");
    std::fs::remove_dir_all(&folder).unwrap();
}
