import { connect, createServer, type Socket } from "node:net";
import { expect, test, type Page } from "@playwright/test";
import { ready } from "./page";

/** Starts cleaning all ads again, by the form. */
async function cleanAgain(page: Page, limit: number): Promise<void> {
  await page.goto("/operations");
  await ready(page);
  await page.getByText("Empezar…").click();
  await page.getByLabel("Qué hacer").selectOption("cleaner.batch_clean_jobs");
  await page.getByLabel("A lo sumo (0: todos)").fill(String(limit));
  await page.getByLabel("También lo que ya está hecho").check();
  await page.getByRole("button", { name: "Empezar", exact: true }).click();
  await expect(page).toHaveURL(/\/operations\/\w+/);
}

const state = (page: Page, name: string) => expect(page.locator("main .state")).toHaveText(name, { timeout: 50_000 });

/** Notes every progress that is shown, until told to stop. */
async function noteProgress(page: Page): Promise<() => Promise<number[]>> {
  await page.locator("[role=progressbar]").waitFor();
  await page.evaluate(() => {
    const seen: number[] = [];
    Object.assign(window, { seen });
    const bar = document.querySelector("[role=progressbar]");
    if (bar !== null) new MutationObserver(() => seen.push(Number(bar.getAttribute("aria-valuenow")))).observe(bar, { attributes: true });
  });
  return () => page.evaluate(() => (window as unknown as { seen: number[] }).seen);
}

const falls = (seen: number[]) => seen.filter((value, index) => index > 0 && value < (seen[index - 1] ?? 0));

test("a batch of 5,000 is watched to its end, and never goes back", async ({ page }) => {
  await cleanAgain(page, 5000);
  const seen = await noteProgress(page);
  await expect(page.locator(".live-op")).toContainText("Limpiar anuncios");
  await state(page, "Terminada");
  const progress = await seen();
  console.log(`states shown: ${progress.length}, last ${progress.at(-1)} %`);
  expect(falls(progress)).toEqual([]);
  await expect(page.locator(".figures dd").first()).toHaveText(/^\d/);
});

/** A line to the mesh that can be cut. */
async function cuttable(server: string): Promise<{ address: string; cut: () => void; mend: () => void; end: () => void }> {
  const to = new URL(server);
  const sockets = new Set<Socket>();
  let whole = true;
  const proxy = createServer((socket) => {
    if (!whole) return void socket.destroy();
    const beyond = connect(Number(to.port), to.hostname);
    for (const one of [socket, beyond]) {
      sockets.add(one);
      one.on("close", () => sockets.delete(one));
      one.on("error", () => one.destroy());
    }
    socket.pipe(beyond).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const place = proxy.address();
  const cut = () => {
    whole = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `http://127.0.0.1:${typeof place === "object" && place !== null ? place.port : 0}`,
    cut,
    mend: () => (whole = true),
    end: () => {
      cut();
      proxy.close();
    },
  };
}

test("a dropped connection is told, taken up again, and loses nothing", async ({ browser, baseURL }) => {
  const line = await cuttable(baseURL ?? "");
  const page = await browser.newPage({ baseURL: line.address, locale: "es-CO" });
  try {
    await cleanAgain(page, 0);
    const seen = await noteProgress(page);
    line.cut();
    await expect(page.getByText("Se cortó la conexión en vivo")).toBeVisible();
    line.mend();
    await state(page, "Terminada");
    expect(falls(await seen())).toEqual([]);
    await expect(page.getByText("Se cortó la conexión en vivo")).toBeHidden();
  } finally {
    await page.close();
    line.end();
  }
});

test("work can be cancelled, and says so", async ({ page }) => {
  page.on("dialog", (dialog) => void dialog.accept());
  await cleanAgain(page, 0);
  await page.getByRole("button", { name: "Cancelar" }).click();
  await state(page, "Cancelada");
});

test("what breaks a rule of the contract is said before anything is sent", async ({ page }) => {
  let sent = 0;
  await page.route("**/ScrapePortal", (route) => {
    sent += 1;
    return route.continue();
  });
  await page.goto("/operations");
  await page.getByText("Empezar…").click();
  await page.getByLabel("Qué hacer").selectOption("scraper.scrape_portal");
  await page.getByLabel("País (dos letras, como CO)").fill("Colombia");
  await page.getByRole("button", { name: "Empezar", exact: true }).click();
  await expect(page.getByText("Hace falta.")).toBeVisible();
  await expect(page.getByText("No tiene la forma pedida.")).toBeVisible();
  expect(sent).toBe(0);
});

test("errors say what happened and what to do: refused at once, unknown, and no network", async ({ page }) => {
  // Trailers only: the server refuses without a message.
  await page.goto("/operations/01ARZ3NDEKTSV4RRFFQ69G5FAV");
  await expect(page.getByRole("alert")).toContainText("Esta operación no está");
  await page.goto("/ads/00000000-0000-4000-8000-000000000000");
  await expect(page.getByRole("alert")).toContainText("Este anuncio no está");
  await page.goto("/skills/no-such-skill");
  await expect(page.getByRole("alert")).toContainText("Esta habilidad no está");
  await page.goto("/about");
  await ready(page);
  await page.route("**/observatory.jobs.v1.JobService/**", (route) => route.abort("connectionrefused"));
  await page.getByRole("link", { name: "Anuncios" }).click();
  await expect(page.getByRole("alert")).toContainText("No hay respuesta del observatorio", { timeout: 20_000 });
  await page.unroute("**/observatory.jobs.v1.JobService/**");
  await page.getByRole("button", { name: "Volver a intentar" }).first().click();
  await expect(page.locator(".result").first()).toBeVisible();
});

test("a schedule is added, paused, run by hand and removed", async ({ page }) => {
  page.on("dialog", (dialog) => void dialog.accept());
  const name = `e2e-${Date.now().toString(36)}`;
  await page.goto("/schedules");
  await ready(page);
  await page.getByText("Agregar un programa…").click();
  await page.getByLabel("Nombre (minúsculas y guiones)").fill(name);
  await page.getByLabel("Qué hace").selectOption("cleaner.batch_clean_jobs");
  await expect(page.getByText("Sería")).toBeVisible();
  await page.getByRole("button", { name: "Guardar" }).click();
  const one = page.locator(".schedule", { hasText: name });
  await one.getByRole("button", { name: "Pausar" }).click();
  await expect(one).toContainText("En pausa");
  await one.getByRole("button", { name: "Hacer ahora" }).click();
  await expect(page).toHaveURL(/\/operations\//);
  await state(page, "Terminada");
  await page.goto("/schedules");
  await page.locator(".schedule", { hasText: name }).getByRole("button", { name: "Quitar" }).click();
  await expect(page.locator(".schedule", { hasText: name })).toHaveCount(0);
});
