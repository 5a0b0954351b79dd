use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use async_trait::async_trait;
use tokio::time::{advance, sleep, timeout};

use super::*;
use crate::fetch::{FetchOptions, PaceOptions};

const LONG: Duration = Duration::from_secs(7200);

fn host(options: FetchOptions) -> Arc<Host> {
    let policy = Policy {
        throttle: throttle::Policy::new(&options, &options.pace),
        breaker: breaker::Policy { failures: 3, first: Duration::from_secs(60), longest: Duration::from_secs(1800) },
        concurrency: options.concurrency,
        product: options.product,
        clock: Clock::new(),
    };
    Arc::new(Host::new("example.com".into(), Arc::new(policy), None))
}

fn paced(delay: f64, concurrency: usize) -> Arc<Host> {
    let pace =
        PaceOptions { start_delay_seconds: delay, min_delay_seconds: delay, adapt: false, ..PaceOptions::default() };
    host(FetchOptions { pace, concurrency, ..FetchOptions::default() })
}

fn answered(status: u16, retry_after: Option<u64>) -> Report {
    Report {
        latency: Duration::from_millis(100),
        status: Some(status),
        failed: status >= 500,
        pause: matches!(status, 429 | 503),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

async fn enter<'a>(host: &'a Host, max_wait: Duration, gate: Option<&dyn Gate>) -> Result<Slot<'a>, FetchError> {
    host.enter(max_wait, gate, None).await.map(Option::unwrap)
}

#[tokio::test(start_paused = true)]
async fn rules_that_ran_out_in_the_queue_give_no_turn_unless_they_were_fresh_one_turn_ago() {
    let host = paced(10.0, 1);
    let rules = |seconds| {
        let now = host.policy.clock.now();
        host.set_robots(false, RobotsState::had(200, None, Some(TimeDelta::seconds(seconds)), now));
    };
    let file = || Some(&host.robots[0]);
    drop(enter(&host, LONG, None).await.unwrap());
    rules(1);
    assert!(host.enter(LONG, None, file()).await.unwrap().is_some(), "10 s later, one turn");
    // Longer than the longest gap that chance may draw around 10 s.
    advance(Duration::from_secs(16)).await;
    let started = Instant::now();
    assert!(host.enter(LONG, None, file()).await.unwrap().is_none());
    rules(1);
    assert!(host.enter(LONG, None, file()).await.unwrap().is_some());
    assert_eq!(Instant::now(), started, "a turn that wasn't taken costs no time");
}

#[tokio::test(start_paused = true)]
async fn requests_are_spaced_and_served_in_order() {
    for concurrency in [1, 4] {
        let host = paced(2.0, concurrency);
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for number in 0..12 {
            let (host, order) = (host.clone(), order.clone());
            tasks.push(tokio::spawn(async move {
                let slot = enter(&host, LONG, None).await.unwrap();
                lock(&order).push((number, Instant::now()));
                sleep(Duration::from_secs(3)).await;
                slot.finish(answered(200, None));
            }));
            tokio::task::yield_now().await;
        }
        for task in tasks {
            task.await.unwrap();
        }
        let order = lock(&order);
        assert!(order.iter().map(|(number, _)| *number).eq(0..12), "{order:?}");
        for pair in order.windows(2) {
            assert!(pair[1].1 - pair[0].1 >= Duration::from_secs(2));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_never_exceeded() {
    let host = paced(0.0, 3);
    let mut slots = Vec::new();
    for _ in 0..3 {
        slots.push(enter(&host, LONG, None).await.unwrap());
    }
    assert!(timeout(Duration::from_secs(100), enter(&host, LONG, None)).await.is_err());
    slots.pop();
    assert!(timeout(Duration::from_secs(100), enter(&host, LONG, None)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_waiting_leaves_no_hole() {
    let host = paced(10.0, 1);
    drop(enter(&host, LONG, None).await.unwrap());
    // Gives up at the door.
    assert!(timeout(Duration::from_secs(1), enter(&host, LONG, None)).await.is_err());
    let before = Instant::now();
    let held = enter(&host, LONG, None).await.unwrap();
    assert!(before.elapsed() < Duration::from_secs(15), "the one who gave up took no turn");
    // Gives up in the queue.
    assert!(timeout(Duration::from_secs(1), enter(&host, LONG, None)).await.is_err());
    drop(held);
    assert!(timeout(Duration::from_secs(20), enter(&host, LONG, None)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_whole_host_pauses_and_waiters_hear_of_it() {
    let host = paced(0.0, 1);
    let slot = enter(&host, LONG, None).await.unwrap();
    let patient = tokio::spawn({
        let host = host.clone();
        async move { enter(&host, LONG, None).await.map(|_| Instant::now()) }
    });
    let hasty = tokio::spawn({
        let host = host.clone();
        async move { enter(&host, Duration::from_secs(60), None).await.map(|_| ()) }
    });
    tokio::task::yield_now().await;
    let now = Instant::now();
    assert!(slot.finish(answered(503, Some(600))), "is told to the observer");
    // Whoever can't wait that long needn't wait to hear it.
    assert!(matches!(hasty.await.unwrap(), Err(FetchError::HostPaused { .. })));
    assert!(now.elapsed() < Duration::from_secs(1));
    assert!(patient.await.unwrap().unwrap() >= now + Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_fails_at_once_and_lets_one_probe_pass_later() {
    let host = paced(0.0, 4);
    for _ in 0..3 {
        enter(&host, LONG, None).await.unwrap().finish(answered(500, None));
    }
    assert!(matches!(enter(&host, LONG, None).await, Err(FetchError::BreakerOpen { .. })));
    advance(Duration::from_secs(61)).await;
    let probe = enter(&host, LONG, None).await.unwrap();
    assert!(matches!(enter(&host, LONG, None).await, Err(FetchError::BreakerOpen { .. })));
    drop(probe);
    let probe = enter(&host, LONG, None).await.unwrap();
    assert!(probe.finish(answered(200, None)));
    assert!(enter(&host, LONG, None).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn crawl_delay_of_robots_spaces_the_next_request() {
    let host = paced(1.0, 1);
    drop(enter(&host, LONG, None).await.unwrap());
    let state = RobotsState::had(200, Some("User-agent: *\nCrawl-delay: 20\n".into()), None, host.policy.clock.now());
    host.set_robots(true, state);
    let before = Instant::now();
    drop(enter(&host, LONG, None).await.unwrap());
    assert!(before.elapsed() >= Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn a_restored_host_goes_on_where_it_was() {
    let host = paced(0.0, 1);
    for _ in 0..3 {
        enter(&host, LONG, None).await.unwrap().finish(answered(500, None));
    }
    host.set_robots(
        true,
        RobotsState::had(200, Some("User-agent: *\nDisallow: /x\n".into()), None, host.policy.clock.now()),
    );
    let state = host.state();

    let again = paced(0.0, 1);
    again.restore(state.clone());
    assert!(matches!(enter(&again, LONG, None).await, Err(FetchError::BreakerOpen { .. })));
    let Verdict::Rules(rules) = again.robots[1].verdict() else { panic!("robots.txt was forgotten") };
    assert!(!rules.allows("/x"));
    assert_eq!(again.state().robots_https, state.robots_https);

    advance(Duration::from_secs(86_401)).await;
    assert!(matches!(again.robots[1].verdict(), Verdict::Unknown), "a day is over");
}

struct Closed(Arc<AtomicBool>);

#[async_trait]
impl Gate for Closed {
    async fn enter(&self, host: &str) -> Result<Permit, FetchError> {
        assert_eq!(host, "example.com");
        while self.0.load(SeqCst) {
            sleep(Duration::from_secs(1)).await;
        }
        Ok(Permit::held(self.0.clone()))
    }
}

#[tokio::test(start_paused = true)]
async fn the_gate_is_held_as_long_as_the_request() {
    let host = paced(0.0, 1);
    let closed = Arc::new(AtomicBool::new(true));
    let gate = Closed(closed.clone());
    assert!(timeout(Duration::from_secs(5), enter(&host, LONG, Some(&gate))).await.is_err());
    closed.store(false, SeqCst);
    let slot = enter(&host, LONG, Some(&gate)).await.unwrap();
    assert_eq!(Arc::strong_count(&closed), 3);
    slot.finish(answered(200, None));
    assert_eq!(Arc::strong_count(&closed), 2);
}
