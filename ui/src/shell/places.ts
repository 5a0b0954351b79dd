/** The sections, in the order of the navigation, with the letter that follows `g`. */
export const PLACES = [
  { to: "/", name: "home", key: "i" },
  { to: "/skills", name: "skills", key: "h" },
  { to: "/ads", name: "ads", key: "a" },
  { to: "/map", name: "map", key: "m" },
  { to: "/try", name: "tryIt", key: "t" },
  { to: "/operations", name: "operations", key: "o" },
  { to: "/schedules", name: "schedules", key: "p" },
  { to: "/sources", name: "sources", key: "f" },
  { to: "/about", name: "about", key: "d" },
] as const;
