import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { JobService, type JobFilterSchema, type ListJobsRequestSchema } from "../gen/observatory/jobs/v1/jobs_pb";
import { ListSkillsRequestSchema, SkillService } from "../gen/observatory/skills/v1/skills_pb";
import { StatsService } from "../gen/observatory/stats/v1/stats_pb";
import { client } from "./client";

/** The observatory's own figures. */
export const statsQuery = queryOptions({
  queryKey: ["stats"],
  queryFn: ({ signal }) => client(StatsService).getStats({}, { signal }),
  staleTime: 60_000,
});

/** A ranking. */
export function skillsQuery(request: MessageInitShape<typeof ListSkillsRequestSchema>) {
  return queryOptions({
    queryKey: ["skills", request],
    queryFn: ({ signal }) => client(SkillService).listSkills(create(ListSkillsRequestSchema, request), { signal }),
    placeholderData: keepPreviousData,
  });
}

/** Pages of a whole ranking: beyond this many skills it is cut. */
const MOST_PAGES = 6;

/** A ranking with all its skills, as far as they go; the last page's token stays where it was cut. */
export function wholeRankingQuery(request: MessageInitShape<typeof ListSkillsRequestSchema>) {
  return queryOptions({
    queryKey: ["ranking", request],
    queryFn: async ({ signal }) => {
      const ask = (pageToken: string) =>
        client(SkillService).listSkills(create(ListSkillsRequestSchema, { ...request, limit: 500, pageToken }), { signal });
      const whole = await ask("");
      for (let page = 1; page < MOST_PAGES && whole.nextPageToken !== ""; page += 1) {
        const next = await ask(whole.nextPageToken);
        whole.skills.push(...next.skills);
        whole.nextPageToken = next.nextPageToken;
      }
      return whole;
    },
    placeholderData: keepPreviousData,
  });
}

/** One skill. */
export function skillQuery(skillId: string) {
  return queryOptions({
    queryKey: ["skill", skillId],
    queryFn: ({ signal }) => client(SkillService).getSkill({ skillId }, { signal }),
  });
}

/** One ad with its skills. */
export function jobQuery(jobId: string) {
  return queryOptions({
    queryKey: ["job", jobId],
    queryFn: ({ signal }) => client(JobService).getJob({ jobId }, { signal }),
    staleTime: 300_000,
  });
}

type ListFilter = Omit<MessageInitShape<typeof ListJobsRequestSchema>, "limit" | "pageToken" | "$typeName">;

/** Ads, newest first, page after page. */
export function jobsQuery(filter: ListFilter, limit = 20) {
  return infiniteQueryOptions({
    queryKey: ["jobs", filter, limit],
    queryFn: ({ pageParam, signal }) => client(JobService).listJobs({ ...filter, limit, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => (last.nextPageToken === "" ? undefined : last.nextPageToken),
    placeholderData: keepPreviousData,
  });
}

type SearchFilter = Omit<MessageInitShape<typeof JobFilterSchema>, "$typeName">;

/** Ads that match words, best first, page after page. */
export function searchQuery(query: string, filter: SearchFilter, limit = 20) {
  return infiniteQueryOptions({
    queryKey: ["search", query, filter, limit],
    queryFn: ({ pageParam, signal }) =>
      client(JobService).searchJobs({ query, filter, limit, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => (last.nextPageToken === "" ? undefined : last.nextPageToken),
    placeholderData: keepPreviousData,
  });
}
