use super::*;

fn policy() -> Policy {
    policy_of(PaceOptions::default())
}

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

#[test]
fn delay_moves_half_way_to_the_latency() {
    let policy = policy();
    let mut throttle = Throttle::new(&policy);
    let mut seen = vec![throttle.delay().as_secs_f64()];
    for latency in [1.0, 1.0, 1.0, 0.2, 0.2, 10.0, 100.0, 0.0] {
        throttle.observed(&policy, secs(latency), Some(200));
        seen.push(throttle.delay().as_secs_f64());
    }
    // 5, (5+1)/2, (3+1)/2, (2+1)/2, then down to the least delay, up at once to the latency, and to the longest delay.
    assert_eq!(seen, [5.0, 3.0, 2.0, 1.5, 1.0, 1.0, 10.0, 60.0, 30.0]);
}

#[test]
fn target_concurrency_divides_the_latency() {
    let options = PaceOptions { target_concurrency: 4.0, min_delay_seconds: 0.0, ..PaceOptions::default() };
    let policy = policy_of(options);
    let mut throttle = Throttle::new(&policy);
    throttle.observed(&policy, secs(4.0), Some(200));
    assert_eq!(throttle.delay(), secs(3.0));
    throttle.observed(&policy, secs(16.0), Some(200));
    assert_eq!(throttle.delay(), secs(4.0));
}

#[test]
fn only_a_200_lowers_the_delay() {
    let policy = policy();
    for status in [Some(404), Some(500), Some(503), Some(304), Some(301), Some(206), None] {
        let mut throttle = Throttle::new(&policy);
        throttle.observed(&policy, secs(0.1), status);
        assert_eq!(throttle.delay(), secs(5.0), "{status:?}");
        throttle.observed(&policy, secs(20.0), status);
        assert_eq!(throttle.delay(), secs(20.0), "{status:?} may raise it");
    }
}

#[test]
fn spacing_is_random_but_never_under_the_least_delay() {
    let policy = policy();
    let mut throttle = Throttle::new(&policy);
    let now = Instant::now();
    let mut seen = Vec::new();
    for _ in 0..500 {
        throttle.started(now);
        seen.push((throttle.next_start(&policy).unwrap() - now).as_secs_f64());
    }
    assert!(seen.iter().all(|spacing| (2.5..7.5).contains(spacing)));
    assert!(seen.iter().any(|spacing| *spacing < 3.5) && seen.iter().any(|spacing| *spacing > 6.5));
    for _ in 0..20 {
        throttle.observed(&policy, secs(0.1), Some(200));
    }
    for _ in 0..500 {
        throttle.started(now);
        assert!(throttle.next_start(&policy).unwrap() - now >= secs(1.0));
    }
}

#[test]
fn crawl_delay_is_a_floor_up_to_its_cap() {
    let policy = policy();
    let now = Instant::now();
    let mut throttle = Throttle::new(&policy);
    for (asked, floor) in [(20.0, 20.0), (86_400.0, 60.0)] {
        throttle.set_crawl_delay(&policy, secs(asked));
        for _ in 0..100 {
            throttle.started(now);
            assert!(throttle.next_start(&policy).unwrap() - now >= secs(floor));
        }
    }
}

#[test]
fn flat_out_means_no_wait_at_all() {
    let policy = policy_of(PaceOptions::flat_out());
    let mut throttle = Throttle::new(&policy);
    let now = Instant::now();
    throttle.started(now);
    throttle.observed(&policy, secs(30.0), Some(200));
    assert_eq!(throttle.next_start(&policy), Some(now));
}

#[test]
fn pauses_follow_retry_after_up_to_the_cap_and_are_never_shortened() {
    let policy = policy();
    let mut throttle = Throttle::new(&policy);
    let now = Instant::now();
    throttle.pause(&policy, now, now, Some(secs(120.0)));
    assert_eq!(throttle.paused_until(now), Some(now + secs(120.0)));
    throttle.pause(&policy, now, now, Some(secs(5.0)));
    assert_eq!(throttle.next_start(&policy), Some(now + secs(120.0)));
    throttle.pause(&policy, now, now, Some(Duration::from_secs(u32::MAX.into())));
    assert_eq!(throttle.paused_until(now), Some(now + secs(3600.0)));
}

#[test]
fn requests_that_failed_together_are_one_strike() {
    let policy = policy();
    let mut throttle = Throttle::new(&policy);
    let started = Instant::now();
    let now = started + secs(1.0);
    for _ in 0..16 {
        throttle.pause(&policy, now, started, None);
    }
    assert!(throttle.paused_until(now).unwrap() - now <= secs(7.5));
    let later = now + secs(10.0);
    throttle.pause(&policy, later, later, None);
    assert_eq!(throttle.strikes, 2);
}

#[test]
fn a_restart_does_not_forget_pace_and_pause() {
    let policy = policy();
    let mut throttle = Throttle::new(&policy);
    let now = Instant::now();
    throttle.restore(&policy, secs(17.0), Some(now + secs(100.0)));
    assert_eq!(throttle.delay(), secs(17.0));
    assert_eq!(throttle.paused_until(now), Some(now + secs(100.0)));
    assert!(!throttle.is_quiet(&policy, now));
    assert!(throttle.is_quiet(&policy, now + secs(200.0)));
}

fn policy_of(pace: PaceOptions) -> Policy {
    Policy::new(&FetchOptions::default(), &pace)
}

#[test]
fn a_caller_may_ask_for_a_slower_pace_but_not_for_a_faster_one() {
    let policy = policy_of(PaceOptions { start_delay_seconds: 1.0, min_delay_seconds: 1.0, ..PaceOptions::default() });
    let mut throttle = Throttle::new(&policy);
    throttle.set_floor(Duration::from_secs(9));
    assert_eq!(throttle.spacing(&policy), Duration::from_secs(9));
    throttle.set_floor(Duration::from_millis(1));
    assert_eq!(throttle.spacing(&policy), Duration::from_secs(1));
}
