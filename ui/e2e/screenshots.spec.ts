import { expect, test } from "@playwright/test";
import { ready, someAd } from "./page";

/** Where the pictures go; without it they are not taken. */
const out = process.env["SCREENSHOTS"] ?? "";

const VIEWS: [name: string, address: string][] = [
  ["overview", "/"], ["skills", "/skills?country=AR"], ["compare", "/skills?country=MX&vs=CO&evidence=python"], ["skill", "/skills/python"],
  ["ads", "/ads?q=python"], ["ad", "ad"], ["map", "/map"], ["try", "/try"], ["operations", "/operations"], ["schedules", "/schedules"], ["sources", "/sources"], ["about", "/about"],
];

test.skip(out === "", "SCREENSHOTS names no folder");

for (const colorScheme of ["light", "dark"] as const) {
  for (const [width, height] of [[380, 800], [1280, 900], [2560, 1440]] as const) {
    test.describe(`${colorScheme} ${width}`, () => {
      test.use({ colorScheme, viewport: { width, height } });
      for (const [name, address] of VIEWS) {
        test(name, async ({ page }) => {
          await page.goto(address === "ad" ? await someAd(page) : address);
          if (name === "try") {
            await page.getByRole("button", { name: "Usar un ejemplo" }).click();
            await page.getByRole("button", { name: "Buscar habilidades" }).click();
            await expect(page.locator(".skill-list")).toBeVisible();
          }
          await ready(page);
          await page.waitForTimeout(250);
          await page.screenshot({ path: `${out}/${name}-${width}-${colorScheme}.png` });
        });
      }
    });
  }
}
