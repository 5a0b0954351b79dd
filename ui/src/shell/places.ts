/** The sections, in the order of the navigation, with the letter that follows `g`. */
export const PLACES = [
  { to: "/", name: "home", key: "i" },
  { to: "/skills", name: "skills", key: "h" },
  { to: "/ads", name: "ads", key: "a" },
  { to: "/operations", name: "operations", key: "o" },
] as const;
