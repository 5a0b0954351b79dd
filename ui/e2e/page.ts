import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** The views that are reached without knowing an id. */
export const VIEWS = ["/", "/skills", "/skills?country=MX&vs=CO", "/skills/python", "/ads", "/map", "/try", "/operations", "/schedules", "/sources", "/about"];

/** Collects what a page complains of. */
export function complaints(page: Page): string[] {
  const found: string[] = [];
  page.on("pageerror", (error) => found.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") found.push(message.text());
  });
  return found;
}

/** Waits until a view has its heading and nothing is on its way. */
export async function ready(page: Page): Promise<void> {
  await expect(page.locator("h1").first()).toBeAttached();
  await expect(page.locator(".skeleton")).toHaveCount(0, { timeout: 20_000 });
}

/** What axe finds serious in a view, each with the element it is about. */
export async function serious(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map((node) => `${id}: ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1] ?? ""}`));
}

/** An ad that the search finds, and the first skill that is marked in it. */
export async function someAd(page: Page): Promise<string> {
  await page.goto("/ads?q=python");
  await ready(page);
  const link = page.locator(".result a").first();
  return (await link.getAttribute("href")) ?? "";
}
