import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { client } from "../../api/client";
import { ScheduleService, type Schedule } from "../../gen/observatory/schedules/v1/schedules_pb";
import { useFormat } from "../../i18n/format";
import { useWords } from "../../i18n/lang";
import { schedules as words } from "../../i18n/words/schedules";
import { work } from "../../i18n/words/work";
import { Empty, ErrorNote, Skeleton, Title } from "../../parts/Notes";
import { requestId } from "../operations/starters";
import { AddSchedule } from "./AddSchedule";

/** What runs by itself. */
export function Schedules() {
  const t = useWords(words);
  const found = useQuery({ queryKey: ["schedules"], queryFn: ({ signal }) => client(ScheduleService).listSchedules({}, { signal }) });
  return (
    <div className="page">
      <Title>{t.title}</Title>
      <p className="soft">{t.lead}</p>
      <AddSchedule />
      {found.isError ? <ErrorNote error={found.error} again={() => void found.refetch()} /> : found.isPending ? <Skeleton rows={4} height={110} /> : found.data.schedules.length === 0 ? (
        <Empty title={t.empty}><p>{t.emptyHelp}</p></Empty>
      ) : found.data.schedules.map((schedule) => <One key={schedule.scheduleId} schedule={schedule} />)}
    </div>
  );
}

function One({ schedule }: { schedule: Schedule }) {
  const t = useWords(words);
  const kinds = useWords(work);
  const f = useFormat();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const { scheduleId } = schedule;
  const reload = () => queries.invalidateQueries({ queryKey: ["schedules"] });
  const pause = useMutation({ mutationFn: () => client(ScheduleService).pauseSchedule({ scheduleId, paused: !schedule.paused }), onSuccess: reload });
  const remove = useMutation({ mutationFn: () => client(ScheduleService).deleteSchedule({ scheduleId }), onSuccess: reload });
  const run = useMutation({
    mutationFn: () => client(ScheduleService).runSchedule({ scheduleId, requestId: requestId() }),
    onSuccess: (operation) => void navigate({ to: "/operations/$id", params: { id: operation.name.replace(/^operations\//, "") } }),
  });
  const failed = pause.error ?? run.error ?? remove.error;
  return (
    <section className="schedule">
      <h2>{scheduleId}</h2>
      <p>{kinds[schedule.operationKind] ?? schedule.operationKind}{schedule.description ? <span className="soft"> · {schedule.description}</span> : null}</p>
      <p className="small"><code>{schedule.cron}</code> <span className="soft">{schedule.timeZone || "UTC"}</span></p>
      <p className="small">
        {schedule.paused ? <strong>{t.pausedNow}</strong> : <><span className="soft">{t.next}: </span>{schedule.nextRunTimes.slice(0, 3).map((at) => f.moment(at, schedule.timeZone || "UTC")).join(" · ")}</>}
      </p>
      <div className="actions">
        <button type="button" disabled={pause.isPending} onClick={() => pause.mutate()}>{schedule.paused ? t.resume : t.pause}</button>
        <button type="button" disabled={run.isPending} onClick={() => run.mutate()}>{t.runNow}</button>
        <button type="button" className="link" onClick={() => { if (window.confirm(t.removeSure)) remove.mutate(); }}>{t.remove}</button>
      </div>
      {failed ? <ErrorNote error={failed} /> : null}
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{t.history}</summary>
        {open ? <History scheduleId={scheduleId} /> : null}
      </details>
    </section>
  );
}

function History({ scheduleId }: { scheduleId: string }) {
  const t = useWords(words);
  const f = useFormat();
  const found = useInfiniteQuery({
    queryKey: ["schedule-runs", scheduleId],
    queryFn: ({ pageParam, signal }) => client(ScheduleService).listScheduleRuns({ scheduleId, pageToken: pageParam }, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => (last.nextPageToken === "" ? undefined : last.nextPageToken),
  });
  if (found.isPending) return <Skeleton rows={3} />;
  if (found.isError) return <ErrorNote error={found.error} again={() => void found.refetch()} />;
  const runs = found.data.pages.flatMap((page) => page.runs);
  if (runs.length === 0) return <p className="soft">{t.never}</p>;
  return (
    <table className="plain">
      <tbody>
        {runs.map((run, index) => (
          <tr key={index}>
            <th scope="row">{f.moment(run.tickTime)}{run.manual ? <span className="soft"> · {t.manual}</span> : null}</th>
            <td>{run.operation === "" ? t.states[run.state] : <Link to="/operations/$id" params={{ id: run.operation.replace(/^operations\//, "") }}>{t.states[run.state]}</Link>}</td>
            <td className="soft small">{run.error}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
