import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { parseSearch, pick, stringifySearch } from "./lib/url";
import { Broken, NotFound } from "./parts/Notes";
import { Shell } from "./shell/Shell";
import { adsSearch } from "./views/ads/search";
import { skillSearch } from "./views/skills/question";

const root = createRootRoute({ notFoundComponent: NotFound, errorComponent: Broken });
const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("./views/Overview"), "Overview"),
});
const skills = createRoute({
  getParentRoute: () => shell,
  path: "/skills",
  validateSearch: skillSearch,
  component: lazyRouteComponent(() => import("./views/skills/Skills"), "Skills"),
});
const skill = createRoute({
  getParentRoute: () => shell,
  path: "/skills/$id",
  component: lazyRouteComponent(() => import("./views/skill/Skill"), "Skill"),
});
const ads = createRoute({
  getParentRoute: () => shell,
  path: "/ads",
  validateSearch: adsSearch,
  component: lazyRouteComponent(() => import("./views/ads/Ads"), "Ads"),
});
const ad = createRoute({
  getParentRoute: () => shell,
  path: "/ads/$id",
  validateSearch: (search) => pick(search, ["skill"]),
  component: lazyRouteComponent(() => import("./views/ads/Ad"), "Ad"),
});
const operations = createRoute({
  getParentRoute: () => shell,
  path: "/operations",
  component: lazyRouteComponent(() => import("./views/operations/Operations"), "Operations"),
});
const operation = createRoute({
  getParentRoute: () => shell,
  path: "/operations/$id",
  component: lazyRouteComponent(() => import("./views/operations/Operation"), "Operation"),
});
const tryIt = createRoute({
  getParentRoute: () => shell,
  path: "/try",
  component: lazyRouteComponent(() => import("./views/tryit/TryIt"), "TryIt"),
});
const schedules = createRoute({
  getParentRoute: () => shell,
  path: "/schedules",
  component: lazyRouteComponent(() => import("./views/schedules/Schedules"), "Schedules"),
});
const sources = createRoute({
  getParentRoute: () => shell,
  path: "/sources",
  component: lazyRouteComponent(() => import("./views/Sources"), "Sources"),
});
const about = createRoute({
  getParentRoute: () => shell,
  path: "/about",
  component: lazyRouteComponent(() => import("./views/About"), "About"),
});
const map = createRoute({
  getParentRoute: () => shell,
  path: "/map",
  validateSearch: (search) => pick(search, ["run", "cluster"]),
  component: lazyRouteComponent(() => import("./views/map/Map"), "Map"),
});
const embedSkills = createRoute({
  getParentRoute: () => root,
  path: "/embed/skills",
  validateSearch: skillSearch,
  component: lazyRouteComponent(() => import("./views/embed/EmbedSkills"), "EmbedSkills"),
});

/** All addresses of the page. */
export const router = createRouter({
  routeTree: root.addChildren([
    shell.addChildren([home, skills, skill, ads, ad, operations, operation, tryIt, schedules, sources, about, map]),
    embedSkills,
  ]),
  parseSearch,
  stringifySearch,
  scrollRestoration: true,
  defaultPreloadDelay: 60,
  defaultErrorComponent: Broken,
  defaultNotFoundComponent: NotFound,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
