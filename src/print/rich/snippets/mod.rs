//! Real-world texts, as editors save them, and hostile ones. Blocks are compared in a short notation of their own.

mod notation;

use super::model::Block;
use super::{Context, NoSource, Pictures, html};
use proptest::prelude::*;

/// Blocks in short, and the warnings.
fn read(source: &str) -> (String, Vec<String>) {
    let mut context = Context::new(&NoSource, Pictures::new(false));
    let blocks = html::read(source, &mut context);
    (notation::blocks(&blocks), context.warnings.into_iter().map(|w| w.message).collect())
}

/// Each text, and what it is read as, without a warning.
fn check(cases: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (source, expected) in cases {
        let (short, warnings) = read(source);
        if short != *expected || !warnings.is_empty() {
            wrong += &format!("{source}\n    is read as {short}\n    instead of {expected}\n    {warnings:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn texts_as_editors_save_them() {
    let cases = [
        // Text without a paragraph, entities, white space.
        ("A &lt; B &amp; C&nbsp;D\n  E", "A < B & C~D E"),
        ("a<br>b<br/><br>c<br>", "a⏎b⏎⏎c"),
        ("<p> a </p>\n\n<p>\n b</p>", "a ¶ b"),
        ("texto <p>parágrafo</p> resto", "texto ¶ parágrafo ¶ resto"),
        ("<p>&nbsp;</p><p>a</p><p><br></p><p>b</p><p>&nbsp;</p><p></p>", "a ¶ ~ ¶ b"),
        ("e\u{301}", "é"),
        // Styles, nested, crossing, of blocks, taken back.
        ("H<sub>2</sub>O e <strong>a <em>b</em></strong> c", "H_(2)O e b(a i(b)) c"),
        ("<b>a<i>b</b>c</i>", "b(ai(b))i(c)"),
        ("<b>a <b>b</b></b>", "b(a b)"),
        ("<b>x<p>y</p></b>", "b(x) ¶ b(y)"),
        ("<span style='font-weight:700; font-style: italic'>a</span>", "b(i(a))"),
        ("<b>a<span style='font-weight:normal'>b</span></b>", "b(a)b"),
        ("<span style=\"text-decoration: underline line-through;\">a</span>", "u(s(a))"),
        ("<b style=\"font-weight:normal\"><span style=\"vertical-align:super\">a</span></b>", "^(a)"),
        ("<b> a </b> b", "b(a )b"),
        ("<q>a</q> <small>b</small><del>c</del><ins>d</ins>", "“a” small(b)s(c)u(d)"),
        // Alignment and headings.
        ("<p style='text-align: center'>a</p><p align=right>b</p><center>c</center>", ">a< ¶ b> ¶ >c<"),
        ("<div style='text-align:right'><p>a</p>b</div>c", "a> ¶ b> ¶ c"),
        ("<h1>A</h1><h5>B <i>c</i></h5>", "h1 A ¶ h3 B i(c)"),
        ("a<hr>b", "a ¶ --- ¶ b"),
        ("<blockquote><p>a</p>b</blockquote>", "“a ¶ b”"),
        ("<pre>a  b\n  <b>c</b></pre><code>x  y</code>", "```a  b\n  c``` ¶ `x  y`"),
        ("<span style='white-space:pre-wrap'>a  b\nc</span>", "a  b⏎c"),
        // Lists.
        ("<ul><li>a<li>b</ul>", "•[a | b]"),
        ("<ol type=a start=3><li>x</li></ol>", "3a[x]"),
        ("<ol style='list-style-type: upper-roman'><li>x<li value=5>y</ol>", "1I[x] ¶ 5I[y]"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "•[a ¶ •[b]]"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "•[a ¶ •[b]]"),
        ("<li>a</li> <li>b</li>", "•[a | b]"),
        // Word.
        (
            "<!--[if gte mso 9]><xml><w:WordDocument></w:WordDocument></xml><![endif]--><p class=MsoNormal \
             style='margin:0cm;mso-margin-top-alt:auto'><span lang=PT-BR style='font-size:12.0pt;font-family:\"Arial\"'>Leia\n\
             o texto.<o:p></o:p></span></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>",
            "Leia o texto.",
        ),
        (
            "<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span \
             style='mso-list:Ignore'>a)<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp; </span></span><![endif]>um</p>",
            "a)~~ um",
        ),
        // Google Docs and Froala.
        (
            "<b style=\"font-weight:normal;\" id=\"docs-internal-guid-1\"><p dir=\"ltr\"><span \
             style=\"font-weight:700;white-space:pre-wrap;\">Texto</span></p></b><br class=\"Apple-interchange-newline\">",
            "b(Texto)",
        ),
        ("a\u{b}b\u{2028}c", "a b c"),
        ("<p>\u{f044}x \u{f0a3} 2</p>", "Δx ≤ 2"),
        ("<p data-f-id=\"pbf\">a\u{feff}\u{200b}</p>", "a"),
    ];
    check(&cases);
}

#[test]
fn tables_as_editors_save_them() {
    let cases = [
        ("<table border=1><tr><th>a<td>b</table>", "▦1×2 {0,0* >a<; 0,1 b}"),
        (
            "<table><tbody><tr><td rowspan=2>a</td><td colspan=\"2\">b</td></tr><tr><td>c</td><td>d</td></tr></tbody></table>",
            "□2×3 {0,0(2×1) a; 0,1(1×2) b; 1,1 c; 1,2 d}",
        ),
        ("<table><tr><td rowspan=65535 colspan=65535>a</table>", "□1×1 {0,0 a}"),
        ("<table><tfoot><tr><td>z</tfoot><thead><tr><th>h</thead><tr><td>m</table>", "□3×1 {0,0* >h<; 1,0 m; 2,0 z}"),
        (
            "<figure class=\"table\"><table><tbody><tr><td>1</td></tr></tbody></table><figcaption>Tab. 1</figcaption></figure>",
            "▦1×1 {0,0 1}",
        ),
        ("<p>a<table><tr><td>x</table>b", "a ¶ □1×1 {0,0 x} ¶ b"),
        ("<table><tr><td><ul><li>x</ul><p>y</table>", "□1×1 {0,0 •[x] ¶ y}"),
        ("<table><caption>c</caption></table><table></table><table><tr></tr></table>", "c"),
    ];
    check(&cases);
    let mut context = Context::new(&NoSource, Pictures::new(false));
    let widths =
        "<table style='width:50%'><colgroup><col style='width:30%'><col width='70%'></colgroup><tr><td>a<td>b</table>";
    let read = html::read(widths, &mut context);
    let [Block::Table(table)] = read.as_slice() else { panic!("{read:?}") };
    let parts: Vec<f64> = table.widths.iter().map(|w| (w.unwrap() * 100.0).round()).collect();
    assert_eq!(parts, [15.0, 35.0]);
}

#[test]
fn pictures_as_editors_save_them() {
    const DOT: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    let cases = [
        ("a <img src=DOT> b", "a pic0@0.8pt b"),
        ("<p style='text-align:center'><img src='DOT' width=200></p>", ">(pic0@150.0pt)<"),
        ("<img src=DOT style='height: 2.54cm; float:right'>", "(pic0@72.0pt)>"),
        ("<p><img src=DOT width='50%'>&nbsp;<br></p>", "pic0@50%~"),
        (
            "<figure class='image image_resized image-style-side' style='width:30%'><img src=DOT alt=Mapa><figcaption>\
             Fonte: <i>IBGE</i></figcaption></figure>",
            "(pic0@30%: Fonte: i(IBGE))>",
        ),
        ("<img src='https://latex.codecogs.com/svg.latex?x%5E2'>", "[x^2]"),
    ];
    let cases: Vec<(String, &str)> = cases.iter().map(|(source, read)| (source.replace("DOT", DOT), *read)).collect();
    check(&cases.iter().map(|(source, read)| (source.as_str(), *read)).collect::<Vec<_>>());
}

#[test]
fn formulas_as_wiris_and_others_write_them() {
    let cases = [
        ("<math><mi>x</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "[⟨x = 1/2⟩]"),
        (
            "<p>Se <math xmlns=\"http://www.w3.org/1998/Math/MathML\"><mi>f</mi><mfenced><mrow><mi>x</mi></mrow></mfenced>\
             <mo>&#xA0;</mo><mo>=</mo><msqrt><mn>2</mn><mi>x</mi></msqrt></math>, então</p>",
            "Se [⟨f {( x )} ␣ = √⟨2 x⟩⟩], então",
        ),
        (
            "<math><mfenced open=\"{\" close=\"\"><mtable columnalign=\"left\"><mtr><mtd><mi>x</mi></mtd></mtr><mtr><mtd><mi>y</mi>\
             </mtd></mtr></mtable></mfenced></math>",
            "[{{ ▦(x ; y) }]",
        ),
        ("<math><mo>{</mo><mtable><mtr><mtd><mn>1</mn></mtd></mtr></mtable></math>", "[{{ ▦(1) }]"),
        (
            "<math><mo>(</mo><mi>a</mi><mo>)</mo><mo>+</mo><mo>|</mo><mi>b</mi><mo>|</mo></math>",
            "[⟨{( a )} + {| b |}⟩]",
        ),
        ("<math><mo>]</mo><mn>0</mn><mo>,</mo><mn>1</mn><mo>[</mo></math>", "[{] ⟨0 , 1⟩ [}]"),
        (
            "<math><mi>sen</mi><mo>&ApplyFunction;</mo><mn>2</mn><mo>&InvisibleTimes;</mo><mi>x</mi></math>",
            "[⟨sen 2 x⟩]",
        ),
        ("<math><mmultiscripts><mi>U</mi><mprescripts/><mn>92</mn><mn>235</mn></mmultiscripts></math>", "[_92^235U]"),
        ("<math><mmultiscripts><mi>C</mi><mn>6</mn><none/></mmultiscripts></math>", "[C_6]"),
        ("<math><mfrac linethickness=\"0\"><mi>n</mi><mi>p</mi></mfrac></math>", "[n//p]"),
        ("<math><mi>a</mi><mspace linebreak=\"newline\"/><mi>b</mi></math>", "[▦(a ; b)]"),
        ("<math display=\"block\"><mi>x</mi></math>", "[[x]]"),
        (
            "<img class=\"Wirisformula\" src=\"data:image/png;base64,x\" data-mathml=\"«math xmlns=¨http://www.w3.org/1998/Math/MathML¨»\
             «msup»«mi»x«/mi»«mn»2«/mn»«/msup»«mo»§#8804;«/mo»«mo»§plusmn;«/mo»«mn»4«/mn»«/math»\" alt=\"x ao quadrado\">",
            "[⟨x^2 ≤ ± 4⟩]",
        ),
        ("<math><semantics><mi>x</mi><annotation>não</annotation></semantics></math>", "[x]"),
        (
            "<math><menclose notation=\"updiagonalstrike downdiagonalstrike\"><mi>x</mi></menclose></math>",
            "[strike_x(x)]",
        ),
        (
            "<math><mstack><msrow><mn>12</mn></msrow><msrow><mo>+</mo><mn>9</mn></msrow><msline/><msrow><mn>21</mn></msrow></mstack></math>",
            "[▦(12 ; ⟨+ 9⟩ ; 21)]",
        ),
        (
            "<math><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover></math>",
            "[∑↓⟨i = 1⟩↑n]",
        ),
        (
            "<math><mlongdiv><mn>3</mn><mn>4</mn><msrow><mn>12</mn></msrow><msline/><mn>0</mn></mlongdiv></math>",
            "[▦(▦(12 ; 0) & ▦(left+bottom(3) ; 4))]",
        ),
        (
            "<math><mtable><mlabeledtr><mtd><mtext>(1)</mtext></mtd><mtd><mi>x</mi></mtd></mlabeledtr></mtable></math>",
            "[▦(x & “(1)”)]",
        ),
        ("<math><mtext>se </mtext><mi>x</mi><mtext>\n  e\n</mtext></math>", "[⟨“se~” x “e”⟩]"),
        ("<math class='wrs_chemistry'><msub><mi>H</mi><mn>2</mn></msub><mi>O</mi></math>", "[⟨H_2 O⟩]"),
        (
            "a <span class=\"MathJax\" data-mathml=\"&lt;math&gt;&lt;mi&gt;x&lt;/mi&gt;&lt;/math&gt;\"><nobr>x</nobr></span>",
            "a [x]",
        ),
        ("<span class='ql-formula' data-value='x^2'>\u{feff}<span>x2</span></span>", "[x^2]"),
        (
            "<span class='katex'><span class='katex-mathml'><math><semantics><mi>x</mi><annotation>x</annotation></semantics></math>\
             </span><span class='katex-html' aria-hidden='true'>x</span></span>",
            "[x]",
        ),
        // LaTeX.
        (r"Se \(x^2 = 4\), então:", "Se [⟨x^2 = 4⟩], então:"),
        (r"<span class='math-tex'>\(\frac{1}{2}\)</span>", "[1/2]"),
        (r"\[\sum_{i=1}^n i\]", "[[⟨∑↓⟨i = 1⟩↑n i⟩]]"),
        (r"\(a &lt; 3,14\)", "[⟨a < 3,14⟩]"),
        (r"\(\left\{\begin{array}{l}x\\y\end{array}\right.\)", "[{{ ▦(x ; y) }]"),
        (r"\(\begin{cases}x&1\\y&2\end{cases}\)", "[{{ ▦(x & 1 ; y & 2) }]"),
        (r"\(\sen x + \tg y\)", "[⟨sen ␣ x + tg ␣ y⟩]"),
        (r"\(\vec{v}\)", "[v↑→]"),
        (r"\(\overline{AB}\)", "[⟨A B⟩↑‾]"),
        (r"\(\displaystyle\lim_{x\to 0}\frac{\sen x}{x}\)", "[⟨lim↓⟨x → 0⟩ ␣ ⟨sen ␣ x⟩/x⟩]"),
        (r"\(\mathbb{R}^*\)", "[R^∗]"),
        (r"\(\left|\frac{a}{b}\right|\)", "[{| a/b |}]"),
        (r"\(\left.x\right|_0^1\)", "[{ x |}_0^1]"),
        (r"\(\underbrace{a+b}_{n}\)", "[⟨a + b⟩↓⏟↓n]"),
        (r"\(x \neq 2 \text{ e } y \geq 1\)", "[⟨x ≠ 2 “~e~” y ≥ 1⟩]"),
        (r"\(\begin{array}{c|c}a&b\\\hline c&d\end{array}\)", "[▦(a & b ; c & d)]"),
        (r"\(\sqrt[3]{8}\)", "[√^38]"),
        (r"\(\ce{2H2 + O2 -> 2H2O}\)", "[⟨2 ␣ H_2 + O_2 ⟶ 2 ␣ H_2 O⟩]"),
        (r"\(\ce{A <=>[k1][k2] B}\)", "[⟨A ⇌↑k_1↓k_2 B⟩]"),
        (r"\(\ce{^{227}_{90}Th+}\)", "[⟨⟨⟩_90^227 Th^+⟩]"),
        (r"\(\binom{n}{p}\)", "[{( n//p )}]"),
        (r"\(\dfrac{1}{2}\)", "[1/2]"),
        (r"\(50%\)", "[⟨50 %⟩]"),
        (r"\(\begin{pmatrix}1&0\\0&1\end{pmatrix}\)", "[{( ▦(1 & 0 ; 0 & 1) )}]"),
        (r"\(f(x)=|x|\)", "[⟨f ( x ) = | x |⟩]"),
        (r"\(3{,}5\times10^{-2}\)", "[⟨3 , 5 × 10^⟨− 2⟩⟩]"),
        ("Custa R$ 5,00 e R$ 7,00.", "Custa R$ 5,00 e R$ 7,00."),
        (r"\(\boxed{x=1}+\boxed{\boxed{y}}\)", "[⟨box(⟨x = 1⟩) + box(box(y))⟩]"),
        (r"\(a\phantom{bc}d \hphantom {e}\vphantom{\int}\)", "[⟨a phantom(⟨b c⟩) d hphantom(e) vphantom(∫)⟩]"),
        ("<math><mo>\u{f0b3}</mo><mi>\u{f061}</mi></math>", "[⟨≥ α⟩]"),
        // Chemistry.
        (r"\(\ce{H2O}\)", "[⟨H_2 O⟩]"),
        (r"$\ce{SO4^{2-}}$", "[SO_4^⟨2 −⟩]"),
    ];
    check(&cases);
    let (shown, warnings) = read(r"a \(\frac{1}\) b \(\naoexiste\)");
    assert_eq!(shown, r"a [⟦\frac{1}⟧] b [⟦\naoexiste⟧]");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn hostile_texts_leave_a_placeholder_or_a_warning() {
    let cases = [
        ("<img src=file:///etc/passwd>", "⟦imagem indisponível⟧", "picture “file:///etc/passwd”"),
        ("<img src=\"javascript:alert(1)\" alt=\"Mapa\">", "⟦Mapa⟧", "picture “javascript:"),
        ("<img>", "⟦imagem indisponível⟧", "no reference"),
        ("a<script>alert(1)</script>b", "ab", "<script> is left out"),
        ("a<style>p{}</style>b", "ab", "<style> is left out"),
        ("<iframe src=//x>y</iframe>z", "⟦conteúdo não imprimível⟧z", "<iframe> can't be printed"),
        ("<blink>a</blink>", "a", "<blink> is not known"),
        ("<p style='display:none'>gabarito: B</p>a", "a", "hidden text"),
        ("<table><tr>", "", ""),
        ("<span style='font-family: \"Symbol\"'>D</span>", "D", "font of symbols"),
        ("&amp &notit; &#x110000; &#0; &", "& ¬it; \u{fffd} \u{fffd} &", ""),
        ("مرحبا 😀 кот\u{202e}", "مرحبا 😀 кот\u{202e}", ""),
        (r"a \(b $x$", r"a \(b [x]", "begins a formula"),
        ("<ul><li>a<li style='display: none'>b</ul>", "•[a]", "hidden text in <li>"),
        ("<math><mfoo><mi>x</mi></mfoo></math>", "[x]", "<mfoo> in a formula is not known"),
        ("<math><mfrac><mi>x</mi></mfrac></math>", "[x/⟨⟩]", "<mfrac> in a formula has 1 parts"),
        ("<img data-mathml='«nada»'>", "[⟦<nada>⟧]", "no <math> element"),
        (r"\(\ce{\}\)", r"[⟦\ce{\}⟧]", "\\ce"),
    ];
    for (source, expected, warning) in cases {
        let (shown, warnings) = read(source);
        assert_eq!(shown, expected, "{source}");
        assert_eq!(warnings.len(), usize::from(!warning.is_empty()), "{source}: {warnings:?}");
        assert!(warnings.iter().all(|w| w.contains(warning)), "{source}: {warnings:?}");
    }
    let cell = "<td>x</td>".repeat(101);
    for source in [
        "<b>".repeat(100_000),
        "<div>".repeat(100_000),
        "<ul><li>".repeat(100_000),
        "<ul>".repeat(100_000),
        "<figure>".repeat(100_000),
        "<blockquote><table><td>".repeat(5_000),
        "<table><tr><td>".repeat(30_000),
        format!("<table><tr>{cell}</table>"),
        format!("<math>{}</math>", "<msqrt>".repeat(5_000)),
        format!("<math>{}</math>", "<mstack><msgroup>".repeat(5_000)),
        format!("<math>{}</math>", "<semantics>".repeat(5_000)),
        format!(r"\({}\)", "{".repeat(5_000)),
        "palavra ".repeat(100_000),
        format!("<p {}>", (0..100_000).map(|n| format!("a{n} ")).collect::<String>()),
    ] {
        let (shown, warnings) = read(&source);
        assert!(shown.contains('⟦') && !warnings.is_empty(), "{}: {warnings:?}", &source[..30]);
    }
}

proptest! {
    #[test]
    fn any_text_is_read(source in "(\\PC|<(/?(b|p|li|ul|table|tr|td|math|mi|mrow|mfrac|msup|pre|img)|!--)( style=x)?>|&[a-z]{1,4};?|\\\\[()\\[\\]]|\\$){0,60}") {
        read(&source);
    }

    #[test]
    fn letters_and_digits_of_known_elements_are_kept(
        parts in prop::collection::vec(("[a-zA-Z0-9áçãê ]{0,8}", "b|i|u|sub|sup|span|p|div|strong|em|small|font|h2|li"), 0..12)
    ) {
        let mut source = String::new();
        for (i, (text, tag)) in parts.iter().enumerate() {
            source += &match i % 3 {
                0 => format!("{text}<{tag}>"),
                1 => format!("<{tag}>{text}</{tag}>"),
                _ => format!("</{tag}>{text}"),
            };
        }
        let mut context = Context::new(&NoSource, Pictures::new(false));
        let read = html::read(&source, &mut context);
        let json = serde_json::to_value(&read).unwrap();
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let written: String = parts.iter().map(|(text, _)| letters(text)).collect();
        prop_assert_eq!(letters(&texts(&json)), written);
    }
}

/// Every `text` of a tree, in order.
fn texts(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Object(map) => {
            let own = map.get("text").and_then(|t| t.as_str()).unwrap_or_default().to_owned();
            own + &map.iter().filter(|(k, _)| *k != "text").map(|(_, v)| texts(v)).collect::<String>()
        }
        serde_json::Value::Array(items) => items.iter().map(texts).collect(),
        _ => String::new(),
    }
}
