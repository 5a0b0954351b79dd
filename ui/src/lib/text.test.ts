import { expect, it } from "vitest";
import { around, cut, fold, snippetPieces } from "./text";

it("counts places in code points, not in UTF-16", () => {
  const pieces = cut("🚀 Python y SQL", [{ start: 2, end: 8, value: "python" }]);
  expect(pieces.map((piece) => piece.text)).toEqual(["🚀 ", "Python", " y SQL"]);
  expect(pieces[1]?.marks).toEqual(["python"]);
});

it("keeps both marks where they overlap, and the text whole", () => {
  const pieces = cut("bases de datos SQL", [
    { start: 0, end: 14, value: "databases" },
    { start: 9, end: 18, value: "data" },
    { start: 15, end: 99, value: "beyond the end" },
  ]);
  expect(pieces.map((piece) => piece.text).join("")).toBe("bases de datos SQL");
  expect(pieces.find((piece) => piece.text === "datos")?.marks).toEqual(["databases", "data"]);
});

it("shows words around a place", () => {
  expect(around("uno dos tres cuatro cinco", 8, 12, 5)).toEqual(["…dos ", "tres", "…"]);
});

it("takes only <mark> from a snippet", () => {
  expect(snippetPieces("a <mark>b</mark> <b>c</b>")).toEqual(["a ", "b", " <b>c</b>"]);
});

it("folds accents", () => {
  expect(fold("Programación ÁGIL")).toBe("programacion agil");
});
