import { pick } from "../../lib/url";

const NAMES = ["q", "country", "portal", "from", "to", "skill", "status"] as const;

/** Which ads, as the address holds it. */
export type AdsSearch = Partial<Record<(typeof NAMES)[number], string>>;

/** Takes it out of an address. */
export const adsSearch = (search: Record<string, unknown>): AdsSearch => pick(search, NAMES);
