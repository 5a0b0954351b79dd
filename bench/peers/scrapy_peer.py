#!/usr/bin/env python3
"""Crawls the local portal with Scrapy: listings, their ads, the same fields, as JSON Lines.

usage: scrapy_peer.py START_URL CONCURRENCY OUT.jsonl
Prints one JSON object: pages, seconds, processor time, peak memory. Starting Python does not count.
"""

import json
import re
import resource
import sys
import time

import scrapy
from scrapy.crawler import CrawlerProcess

SALARY = re.compile(r"^\W*(us\$|s/|bs|rd\$|\$|[₡€q]|l\.?|c\$|b/\.)\s*\.?\d|a convenir|\d[\d.,]{3,}", re.I)
REMOTE = re.compile(r"^(presencial|remoto|h[ií]brido|teletrabajo|home ?office|desde casa)", re.I)


class Portal(scrapy.Spider):
    name = "portal"

    def parse(self, response):
        for link in response.css("article.box_offer a.js-o-link::attr(href)").getall():
            yield response.follow(link, self.parse_ad)
        following = response.css("span.buildLink[title=Siguiente]::attr(data-path)").get()
        if following:
            yield response.follow(following, self.parse)

    def parse_ad(self, response):
        company, _, location = response.css("h1.box_detail + p.fs16::text").get("").rpartition(" - ")
        offer = response.css("div[div-link=oferta]")
        salary, contract, remote = None, [], None
        for tag in offer.css("span.tag.base::text").getall():
            if SALARY.search(tag):
                salary = salary or tag
            elif REMOTE.search(tag):
                remote = remote or tag
            else:
                contract.append(tag)
        yield {
            "url": response.url,
            "title": response.css("h1.box_detail::text").get(),
            "company": company,
            "location": location,
            "description": offer.css("p.mbB:not(.fc_aux):not(.fwB)").get(),
            "requirements": offer.css("ul.disc").get(),
            "salary": salary,
            "contract": ", ".join(contract),
            "remote": remote,
            "posted_date": offer.css("p.fc_aux.fs13::text").get(),
        }


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main():
    start, concurrency, out = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    process = CrawlerProcess(
        {
            "ROBOTSTXT_OBEY": True,
            "AUTOTHROTTLE_ENABLED": False,
            "DOWNLOAD_DELAY": 0,
            "CONCURRENT_REQUESTS": concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
            "COOKIES_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "LOG_LEVEL": "WARNING",
            "FEEDS": {out: {"format": "jsonlines", "encoding": "utf8", "overwrite": True}},
        }
    )
    crawler = process.create_crawler(Portal)
    process.crawl(crawler, start_urls=[start])
    began, cpu = time.perf_counter(), cpu_seconds()
    process.start()
    seconds = time.perf_counter() - began
    stats = crawler.stats.get_stats()
    # robots.txt is no page.
    pages = stats["downloader/response_status_count/200"] - 1
    result = {
        "pages": pages,
        "ads": stats.get("item_scraped_count", 0),
        "seconds": seconds,
        "pages_per_second": pages / seconds,
        "cpu_seconds": cpu_seconds() - cpu,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "errors": stats.get("log_count/ERROR", 0) + stats.get("spider_exceptions/count", 0),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
