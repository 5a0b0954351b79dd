use super::to_text;
use proptest::prelude::*;
use std::time::{Duration, Instant};

#[track_caller]
fn check(html: &str, text: &str) {
    assert_eq!(to_text(html), text, "for {html:?}");
    assert_eq!(to_text(text), text, "a second time, for {html:?}");
}

#[test]
fn block_elements_make_lines_and_never_glue_words() {
    check("<p>uno</p><p>dos</p>", "uno\ndos");
    check("<div>uno<div>dos</div>tres</div>", "uno\ndos\ntres");
    check("<p>uno</p>\n\n  <p>dos</p>", "uno\ndos");
    check("<h2>Requisitos</h2><p>Java</p><h2>Ofrecemos</h2>Bono", "Requisitos\nJava\n\nOfrecemos\nBono");
    check("uno<br>dos<br/><br />tres", "uno\ndos\n\ntres");
    check("<p>uno<br></p><p>dos</p>", "uno\ndos");
    check("<p>una línea\nque sigue</p>", "una línea que sigue");
}

#[test]
fn inline_elements_dont_cut_words() {
    check("<p><b>D</b>esarrollador <i>Java</i><span>,</span> m<sup>2</sup></p>", "Desarrollador Java, m2");
    check("<p>uno<img alt='logo' src=x>dos</p>", "uno dos");
}

#[test]
fn list_items_begin_with_a_dash_or_their_number() {
    check("Pedimos:<ul><li>Java</li><li>SQL</li></ul>Fin", "Pedimos:\n- Java\n- SQL\nFin");
    check("<ol><li>uno<li>dos</ol><ol start=5><li>cinco</ol>", "1. uno\n2. dos\n5. cinco");
    check("<ul><li>uno<ul><li>dos</li></ul></li><li>tres</li></ul>", "- uno\n- dos\n- tres");
    check("<ul><li><p>uno</p></li><li></li><li> </li><li><br>dos</li></ul>", "- uno\n- dos");
    check("<ul><li>• uno</li><li>- dos</li><li>·dos</li></ul>", "- uno\n- dos\n- dos");
}

#[test]
fn table_cells_are_separated() {
    check("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th><td><p>d</p></td></tr></table>fin", "a | b\nc | d\nfin");
    check("<table><tr><td><p>a</p></td><td></td><td>c</td></tr></table>", "a | c");
}

#[test]
fn what_a_reader_doesnt_see_is_left_out() {
    check("<head><title>t</title><style>p{}</style></head><body><p>a</p></body>", "a");
    check("a<script>if (1<2) document.write('</p>')</script><p>b</p><!-- <p>c</p> -->", "a\nb");
    check("<p>a</p><div style='color:red; display: none'>b<div>c</div></div><p hidden>d<p>e", "a\ne");
    check("<ul><li hidden>a<li>b</ul><template><p>x</p></template><noscript>y</noscript>z", "- b\nz");
    check("<p>a</p><svg><title>icono</title><path d='M0'/></svg>b", "a\nb");
    check("<p aria-hidden-x data-x='display:none'>a</p>", "a");
}

#[test]
fn references_are_decoded_once_or_twice() {
    check("<p>Dise&ntilde;o &amp; I&#43;D &#8211; &euro;&nbsp;5</p>", "Diseño & I+D – € 5");
    check("Dise&ntilde;o y R&amp;D, AT&T; ?a=1&copy=2", "Diseño y R&D, AT&T; ?a=1&copy=2");
    check("<p>informaci&oacuten, a&amp;ntilde;os, &amp;amp;nbsp;x</p>", "información, años, x");
    check("&lt;p&gt;Dise&amp;ntilde;o&lt;/p&gt;&lt;ul&gt;&lt;li&gt;C++&lt;/li&gt;&lt;/ul&gt;", "Diseño\n- C++");
    check("<div>&lt;p&gt;uno&lt;/p&gt;&lt;p&gt;dos&lt;/p&gt;</div>", "uno\ndos");
    check("<p>edad &lt; 30 y nivel &gt; 2, etiqueta &lt;b&gt;</p>", "edad < 30 y nivel > 2, etiqueta <b>");
}

#[test]
fn less_than_in_plain_text_is_kept() {
    for text in [
        "experiencia < 2 años",
        "C++ <vector> y <map>, List<String>, Map<K, V>",
        "si a<b y c>d entonces x=1",
        "a<b and c=d>e",
        "<correo@empresa.com> <https://empresa.com>",
        "<<<< Importante >>>> <3",
        "viajes (<15%) y <100 camas",
        "maquetar con <div> y <span>",
        "termina en <",
        "termina en </",
    ] {
        check(text, text);
    }
    check("<p>C++ &lt;vector&gt;, List<String> y a < b</p>", "C++ <vector>, List<String> y a < b");
}

#[test]
fn plain_text_keeps_its_lines_and_bullets() {
    check(
        "  Requisitos:\r\n\r\n\r\n• Java\r\n•\tSQL   avanzado\n* Git\n",
        "Requisitos:\n\n• Java\n• SQL avanzado\n* Git",
    );
    check("uno\n \n\t\n dos", "uno\n\ndos");
    check("Requisitos:\n<b>Java</b>\n<i>SQL</i>", "Requisitos:\nJava\nSQL");
    check("Vacantes en la página</a/span>\nSegunda línea", "Vacantes en la página\nSegunda línea");
}

#[test]
fn invisible_characters_go_and_text_is_in_nfc() {
    check("a\u{a0}b\u{200b}c\u{ad}d\u{feff} e\0f \u{202f}g", "a bcd ef g");
    check("Disen\u{303}o  \u{1F680}\u{fe0f}", "Diseño \u{1F680}");
    check("\u{93}cita\u{94} \u{95} punto \u{F0B7} otro", "“cita” • punto • otro");
    check("𝗣𝘆𝘁𝗵𝗼𝗻 𝟯", "Python 3");
    check("uno\u{2028}dos\u{85}tres", "uno\ndos\ntres");
}

#[test]
fn broken_markup_loses_no_text() {
    check("<p>uno<p>dos</div></span>tres", "uno\ndos\ntres");
    check("<p>uno <a href=\"x.com>dos</a> tres</p>", "uno dos tres");
    check("<p>uno</p><a href='http://", "uno");
    check("<p>uno</p><div cla", "uno");
    check("<p>uno <b dos</p>", "uno <b dos");
    check("<P CLASS=x>uno</P ><DIV\n>dos</DIV>", "uno\ndos");
    check("<p>uno<o:p></o:p></p><app-job-detail _ngcontent-x>dos</app-job-detail>", "uno\ndos");
    check("<![CDATA[<p>uno</p>]]>", "uno");
    check("<pre>uno\n  dos</pre>", "uno\ndos");
    check("", "");
}

#[test]
fn hostile_input_takes_linear_time_and_little_stack() {
    let megabyte = 1 << 20;
    let inputs = [
        "<".repeat(megabyte),
        "&".repeat(megabyte),
        "&amp;".repeat(megabyte / 5),
        "<!--".repeat(megabyte / 4),
        "<p><!--".repeat(megabyte / 7),
        "<!a".repeat(megabyte / 3) + ">",
        "</p><!a".repeat(megabyte / 7) + ">",
        "<a x=\"".repeat(megabyte / 6),
        "<a x='\"".repeat(megabyte / 7) + "</p>",
        "<p><title>".repeat(megabyte / 10),
        "<p></scrip".repeat(megabyte / 10) + "<script>",
        "<div>".repeat(100_000) + "fondo" + &"</div>".repeat(100_000),
        "<ul><li>".repeat(100_000) + "fondo",
        "<div hidden>".repeat(100_000),
        "<table><tr><td>".repeat(60_000),
        "<p a=".repeat(megabyte / 5),
        "<p ".repeat(megabyte / 3),
        "&lt;p&gt;".repeat(megabyte / 9),
        "&amp;lt;/p&amp;gt;".repeat(megabyte / 17),
        "a\u{301}".repeat(megabyte / 3),
        "\0".repeat(megabyte),
    ];
    for input in inputs {
        let begin = Instant::now();
        let _ = to_text(&input);
        assert!(
            begin.elapsed() < Duration::from_secs(3),
            "{:?} took {:?}",
            &input[..20.min(input.len())],
            begin.elapsed()
        );
    }
}

fn fragments() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "<p>",
        "</p>",
        "<br>",
        "<ul>",
        "</ul>",
        "<ol>",
        "<li>",
        "</li>",
        "<b>",
        "</b>",
        "<td>",
        "<tr>",
        "</table>",
        "<div hidden>",
        "</div>",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<pre>",
        "</pre>",
        "<a href=\"",
        "\">",
        "'",
        "&",
        "&amp;",
        "&lt;",
        "&gt;",
        "&nbsp;",
        "amp;",
        "lt;",
        "#60;",
        "&#60",
        "<",
        ">",
        "/",
        "uno",
        "dos",
        "años",
        " ",
        "\n",
        "\r\n",
        "\t",
        "•",
        "- ",
        "* ",
        "\u{a0}",
        "\u{200b}",
        "\u{301}",
        "e",
        "\0",
        "𝗣",
        "🚀",
        "\u{95}",
        "1. ",
        "<![CDATA[",
        "]]>",
        "<h2>",
        "</h2>",
        "=",
        ";",
        "\u{2028}",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cleaning_twice_changes_nothing(input in fragments()) {
        let once = to_text(&input);
        prop_assert_eq!(to_text(&once), once);
    }

    #[test]
    fn any_text_is_cleaned_tidily(input in any::<String>()) {
        let once = to_text(&input);
        prop_assert!(unicode_normalization::is_nfc(&once));
        let untidy = ["\n\n\n", "  ", "\0", "\r", "\t", "\u{a0}", "\u{200b}"].iter().any(|trace| once.contains(trace));
        prop_assert!(!untidy);
        prop_assert_eq!(once.trim(), &once);
        prop_assert_eq!(to_text(&once), once);
    }

    #[test]
    fn words_of_plain_text_survive(words in prop::collection::vec("[a-zA-Záéíóúñ0-9+#.,:]{1,10}", 0..30)) {
        let text = words.join(" ");
        prop_assert_eq!(to_text(&text), text);
    }
}
