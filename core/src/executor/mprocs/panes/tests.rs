use super::*;
use crate::wrapper::testing::Bed;

/// Panes of which the first is a slot and the second that of step `build`, and a job of that step.
fn panes() -> (Panes, Job) {
    let mut panes = Panes::default();
    panes.waits(1, PaneName::Slot(1));
    panes.waits(2, PaneName::Step("build".parse().unwrap()));
    (panes, Bed::new().sh("true"))
}

fn offers(panes: &mut Panes) -> Vec<(Client, String)> {
    let mut number = 0;
    let mut ticket = || {
        number += 1;
        Some(format!("ticket {number}"))
    };
    panes.offer(&mut ticket, |_| false).into_iter().map(|(client, _, _, ticket)| (client, ticket)).collect()
}

#[test]
fn a_step_whose_own_pane_is_on_its_way_waits_for_it_and_takes_no_slot() {
    let mut panes = Panes::default();
    let job = Bed::new().sh("true");
    panes.waits(1, PaneName::Slot(1));
    panes.start(job.clone(), Duration::ZERO);
    assert!(panes.offer(|| Some("x".into()), |step| *step == job.step_id).is_empty());
    assert!(panes.is_anyone_left());
    panes.waits(2, PaneName::Step(job.step_id.clone()));
    assert_eq!(panes.offer(|| Some("x".into()), |_| true)[0].0, 2);
    assert!(!panes.is_anyone_left());
    let another = Job { step_id: "another".parse().unwrap(), ..job };
    panes.start(another, Duration::ZERO);
    assert_eq!(offers(&mut panes), [(1, "ticket 1".to_owned())], "its own pane does not come any more");
}

#[test]
fn a_ticket_is_for_one_pane_and_good_once() {
    let (mut panes, job) = panes();
    panes.start(job.clone(), Duration::ZERO);
    assert_eq!(offers(&mut panes), [(2, "ticket 1".to_owned())], "the step's own pane, not the slot");
    assert_eq!(panes.redeem(1, "ticket 1", Duration::ZERO).unwrap_err(), Refusal::NotYours);
    assert_eq!(panes.redeem(2, "ticket 2", Duration::ZERO).unwrap_err(), Refusal::Unknown);
    let started = SpawnEvent::Lost { key: job.key() };
    assert!(!panes.told(2, &started), "nothing was handed over yet");
    assert_eq!(panes.redeem(2, "ticket 1", Duration::ZERO).unwrap().0, job);
    assert_eq!(panes.redeem(2, "ticket 1", Duration::ZERO).unwrap_err(), Refusal::Unknown);
    assert!(!panes.told(1, &started) && panes.told(2, &started));
    assert_eq!(panes.gone(2), Some(job.key()));
}

#[test]
fn what_a_pane_did_not_take_is_offered_to_another_one() {
    let (mut panes, job) = panes();
    panes.start(job, Duration::ZERO);
    offers(&mut panes);
    assert_eq!(panes.gone(2), None);
    assert_eq!(offers(&mut panes), [(1, "ticket 1".to_owned())]);
    assert_eq!(panes.redeem(1, "ticket 1", Duration::ZERO).unwrap().1, START_WITHIN);
}

/// Takes out what is overdue, by one look after the other, `late` after `from`.
fn overdue(panes: &mut Panes, from: Duration, late: Duration, at_work: bool) -> Vec<Overdue> {
    let mut now = from;
    let mut all = Vec::new();
    while let Some(next) = panes.next_deadline().filter(|next| *next <= from + late) {
        now = now.max(next) + Duration::from_millis(1);
        all.extend(panes.overdue(now, |_| at_work));
    }
    all
}

const LATE: Duration = Duration::from_secs(1);

#[test]
fn what_is_overdue_is_taken_out_and_says_why() {
    let (mut panes, job) = panes();
    panes.start(job.clone(), Duration::ZERO);
    offers(&mut panes);
    assert!(panes.overdue(START_WITHIN, |_| false).is_empty());
    let overdue = overdue(&mut panes, START_WITHIN, LATE, false).remove(0);
    assert_eq!(overdue.why, "pane `build` did not take its ticket");
    assert!(overdue.waited > START_WITHIN && overdue.waited < START_WITHIN + LATE);
    assert!(!overdue.handed_over && panes.redeem(2, "ticket 1", Duration::ZERO).is_err());
}

#[test]
fn what_no_pane_is_left_for_is_overdue_too() {
    let (mut panes, job) = panes();
    panes.start(job, Duration::ZERO);
    let overdue = overdue(&mut panes, START_WITHIN, LATE, false).remove(0);
    assert_eq!(overdue.why, "none of its 2 panes is free for it");
}

#[test]
fn a_pane_that_takes_its_ticket_late_has_its_time_from_then_on() {
    let (mut panes, job) = panes();
    panes.start(job, Duration::ZERO);
    offers(&mut panes);
    let taken = Duration::from_millis(2900);
    assert_eq!(panes.redeem(2, "ticket 1", taken).unwrap().1, taken + START_WITHIN);
    assert!(panes.overdue(taken + START_WITHIN, |_| false).is_empty());
    let overdue = overdue(&mut panes, taken + START_WITHIN, LATE, false).remove(0);
    assert_eq!(overdue.why, "pane `build` took its ticket and did not start it");
    assert!(overdue.handed_over);
}

#[test]
fn a_pane_that_is_at_work_on_a_busy_machine_is_waited_for_but_not_for_ever() {
    let (mut panes, job) = panes();
    panes.start(job, Duration::ZERO);
    offers(&mut panes);
    assert!(overdue(&mut panes, START_WITHIN, Duration::from_secs(20), true).is_empty());
    assert!(panes.redeem(2, "ticket 1", Duration::from_secs(23)).is_ok(), "its ticket is still good");
    let overdue = overdue(&mut panes, Duration::from_secs(23), AT_MOST, true).remove(0);
    assert!(overdue.waited > AT_MOST);
}

#[test]
fn a_look_that_comes_late_itself_gives_nothing_up() {
    let (mut panes, job) = panes();
    panes.start(job, Duration::ZERO);
    offers(&mut panes);
    for look in 1..5 {
        assert!(panes.overdue(START_WITHIN + 2 * LATE * look, |_| false).is_empty());
    }
    assert_eq!(overdue(&mut panes, START_WITHIN + 10 * LATE, LATE, false).len(), 1);
}

#[test]
fn what_a_pane_came_too_late_for_is_offered_again() {
    let (mut panes, job) = panes();
    panes.start(job.clone(), Duration::ZERO);
    offers(&mut panes);
    let (given, by) = panes.redeem(2, "ticket 1", LATE).unwrap();
    assert!(!panes.too_late(2, &given.key(), by - Duration::from_millis(1)), "it may still begin");
    let late = by + LATE;
    assert!(!panes.too_late(1, &given.key(), late), "another pane has it");
    assert!(panes.too_late(2, &given.key(), late));
    assert!(panes.redeem(2, "ticket 1", late).is_err());
    panes.waits(2, PaneName::Step(job.step_id.clone()));
    assert_eq!(offers(&mut panes), [(2, "ticket 1".to_owned())], "a new one of its own time");
    assert_eq!(panes.redeem(2, "ticket 1", late + LATE).unwrap().1, late + LATE + START_WITHIN);
}

#[test]
fn a_pane_is_late_by_the_milliseconds_it_was_told() {
    let (mut panes, job) = panes();
    panes.start(job, Duration::ZERO);
    offers(&mut panes);
    let (given, by) = panes.redeem(2, "ticket 1", Duration::from_micros(900)).unwrap();
    let told = Duration::from_millis(u64::try_from(by.as_millis()).unwrap());
    assert!(panes.too_late(2, &given.key(), told + Duration::from_micros(100)));
}

#[test]
fn a_step_has_room_in_its_own_pane_or_in_a_slot_nobody_waits_for() {
    let (mut panes, job) = panes();
    let other: StepId = "other".parse().unwrap();
    let room = |panes: &Panes, step: &StepId| panes.room(step, std::iter::empty());
    assert_eq!((room(&panes, &job.step_id), room(&panes, &other)), (Room::Free, Room::Free));
    let build = job.step_id.clone();
    let third: StepId = "third".parse().unwrap();
    assert_eq!(panes.room(&third, [&build].into_iter()), Room::Free, "that one takes its own");
    assert_eq!(panes.room(&third, [&build, &other].into_iter()), Room::Busy, "the slot is for the other");
    panes.start(job.clone(), Duration::ZERO);
    offers(&mut panes);
    assert_eq!(room(&panes, &other), Room::Free);
    panes.start(Job { step_id: other.clone(), ..job }, Duration::ZERO);
    offers(&mut panes);
    assert_eq!(room(&panes, &third), Room::Busy);
    assert_eq!(room(&Panes::default(), &other), Room::Nobody);
}
