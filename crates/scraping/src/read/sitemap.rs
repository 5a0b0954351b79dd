//! Sitemaps and their indexes (<https://www.sitemaps.org/protocol.html>).

use std::borrow::Cow;
use std::io::Read;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::repair;
use crate::page::Page;

/// What a sitemap lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sitemap {
    /// Pages.
    pub(super) pages: Vec<String>,
    /// Further sitemaps.
    pub(super) sitemaps: Vec<String>,
}

/// The protocol allows 50,000 addresses and 50 MB.
const MOST: usize = 50_000;
const LARGEST: u64 = 50 * 1024 * 1024;

/// The page's text. Sitemaps are often served as gzip files.
pub(super) fn text_of(page: &Page) -> Cow<'_, str> {
    if !page.body.starts_with(&[0x1f, 0x8b]) {
        return page.text();
    }
    let mut body = Vec::new();
    // What was read before an error is still of use.
    let _ = flate2::read::MultiGzDecoder::new(page.body.as_slice()).take(LARGEST).read_to_end(&mut body);
    Cow::Owned(String::from_utf8_lossy(&body).into_owned())
}

/// Whether the text is XML of that kind rather than HTML.
pub(super) fn is_sitemap(text: &str) -> bool {
    let start = &text[..text.floor_char_boundary(2_000)];
    start.contains("<urlset") || start.contains("<sitemapindex") || start.contains(":urlset") || start.contains("<rss")
}

/// Reads as far as the XML is well formed.
pub(super) fn read(text: &str) -> Sitemap {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    let mut found = Sitemap::default();
    let (mut in_address, mut in_index, mut address) = (false, false, String::new());
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag)) => match tag.local_name().as_ref() {
                b"sitemap" => in_index = true,
                b"url" | b"item" => in_index = false,
                b"loc" | b"link" => {
                    // Image and video extensions have a `loc` of their own.
                    in_address = !tag.name().as_ref().contains(&b':');
                    address.clear();
                }
                _ => {}
            },
            Ok(Event::Text(piece)) if in_address => {
                address.push_str(&String::from_utf8_lossy(&piece));
            }
            Ok(Event::GeneralRef(entity)) if in_address => {
                address.push_str(&repair::unescape(&format!("&{};", String::from_utf8_lossy(&entity))));
            }
            Ok(Event::CData(piece)) if in_address => address.push_str(&String::from_utf8_lossy(&piece)),
            Ok(Event::End(tag)) if in_address && matches!(tag.local_name().as_ref(), b"loc" | b"link") => {
                in_address = false;
                let list = if in_index { &mut found.sitemaps } else { &mut found.pages };
                list.push(address.trim().to_owned());
                if found.pages.len() + found.sitemaps.len() >= MOST {
                    return found;
                }
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use url::Url;

    use super::*;

    #[test]
    fn pages_and_further_sitemaps_are_told_apart() {
        let index = "<?xml version='1.0'?><sitemapindex xmlns='x'><sitemap><loc> https://a/s1.xml </loc></sitemap></sitemapindex>";
        assert_eq!(read(index), Sitemap { pages: vec![], sitemaps: vec!["https://a/s1.xml".into()] });
        let pages = "<urlset><url><loc>https://a/job?id=1&amp;x=2</loc><image:image><image:loc>https://a/i.png</image:loc></image:image>\
                     </url><url><loc><![CDATA[https://a/job/2]]></loc></url><url><loc>https://a/cut";
        assert_eq!(read(pages).pages, ["https://a/job?id=1&x=2", "https://a/job/2"]);
    }

    #[test]
    fn a_gzip_file_is_opened() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(b"<urlset><url><loc>https://a/1</loc></url></urlset>").unwrap();
        let body = packed.finish().unwrap();
        let page = Page::new(Url::parse("https://a/s.xml.gz").unwrap(), "", body);
        assert_eq!(read(&text_of(&page)).pages, ["https://a/1"]);
    }
}
