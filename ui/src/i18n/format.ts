import { timestampDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { useLang, type Lang } from "./lang";

const LOCALE: Record<Lang, string> = { es: "es-CO", en: "en-US" };
/** Short dates without the particles of the country's own form: 3 nov 2025. */
const DATES: Record<Lang, string> = { es: "es", en: "en-US" };

/** Numbers, dates and names of countries in one language. */
export interface Format {
  /** 12.345 */
  int(value: number | bigint): string;
  /** 1.234,5 with so many decimals. */
  number(value: number, decimals?: number): string;
  /** 45 as 45 %, so many decimals. */
  percent(value: number, decimals?: number): string;
  /** 0.451 as 45,1 %. */
  share(value: number): string;
  /** 0.051 as +5,1; in percentage points. */
  points(value: number): string;
  /** YYYY-MM-DD as 3 nov 2025; empty stays empty. */
  day(iso: string): string;
  /** YYYY-MM as nov 2025. */
  month(iso: string): string;
  /** A moment with its time, here or in another time zone. */
  moment(at: Timestamp | Date | undefined, zone?: string): string;
  /** "hace 5 minutos". */
  ago(at: Timestamp | undefined): string;
  /** Seconds as 1 h 5 min, 3 min 20 s, 12 s. */
  duration(seconds: number): string;
  /** Name of a country by its code. */
  country(code: string): string;
}

function asDate(at: Timestamp | Date): Date {
  return at instanceof Date ? at : timestampDate(at);
}

function build(lang: Lang): Format {
  const locale = LOCALE[lang];
  const int = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const number = (value: number, decimals: number) =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).format(value);
  // Spanish sets a (thin, unbroken) space before the sign, English none.
  const percent = (value: number, decimals = 0) => `${number(value, decimals)}${lang === "es" ? "\u202f" : ""}%`;
  const points = new Intl.NumberFormat(locale, {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    signDisplay: "exceptZero",
  });
  const day = new Intl.DateTimeFormat(DATES[lang], { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  const month = new Intl.DateTimeFormat(DATES[lang], { month: "short", year: "numeric", timeZone: "UTC" });
  const moment = new Intl.DateTimeFormat(DATES[lang], { dateStyle: "medium", timeStyle: "short" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const regions = new Intl.DisplayNames([locale], { type: "region" });
  return {
    int: (value) => int.format(value),
    number: (value, decimals = 1) => number(value, decimals),
    percent,
    share: (value) => percent(value * 100, 1),
    points: (value) => points.format(value * 100).replace("-", "\u2212"),
    day: (iso) => (iso === "" ? "" : day.format(new Date(`${iso}T00:00:00Z`))),
    month: (iso) => (iso === "" ? "" : month.format(new Date(`${iso}-01T00:00:00Z`))),
    moment(at, zone) {
      if (at === undefined) return "";
      if (zone === undefined) return moment.format(asDate(at));
      return new Intl.DateTimeFormat(DATES[lang], { dateStyle: "medium", timeStyle: "short", timeZone: zone }).format(asDate(at));
    },
    ago(at) {
      if (at === undefined) return "";
      const seconds = Math.round((asDate(at).getTime() - Date.now()) / 1000);
      const size = Math.abs(seconds);
      if (size < 60) return relative.format(seconds, "second");
      if (size < 3600) return relative.format(Math.round(seconds / 60), "minute");
      if (size < 86_400) return relative.format(Math.round(seconds / 3600), "hour");
      return relative.format(Math.round(seconds / 86_400), "day");
    },
    duration(seconds) {
      const whole = Math.round(seconds);
      if (whole < 60) return `${whole} s`;
      if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
      return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
    },
    country(code) {
      if (!/^[A-Z]{2}$/.test(code)) return code;
      if (code === "ZZ") return lang === "es" ? "país desconocido" : "country unknown";
      return regions.of(code) ?? code;
    },
  };
}

const formats: Record<Lang, Format> = { es: build("es"), en: build("en") };

/** Formats of a language. */
export function formatOf(lang: Lang): Format {
  return formats[lang];
}

/** Formats of the reader's language. */
export function useFormat(): Format {
  return formats[useLang()];
}
