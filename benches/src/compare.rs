//! Contenders in turn, round after round, so that a machine that slows down slows all of them down.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// One way to do the work.
pub struct Contender<'a> {
    /// What the table calls it.
    pub name: String,
    /// Undoes what the work left; not timed.
    pub prepare: Box<dyn FnMut() + 'a>,
    /// The work.
    pub work: Box<dyn FnMut() + 'a>,
    /// Whether it is done once more before each round, untimed, so that the processor's caches hold what it needs.
    pub warm: bool,
}

impl<'a> Contender<'a> {
    /// A contender that needs no preparation.
    pub fn new(name: &str, work: impl FnMut() + 'a) -> Self {
        Self { name: name.to_owned(), prepare: Box::new(|| ()), work: Box::new(work), warm: false }
    }

    /// With something to do before each round, untimed.
    #[must_use]
    pub fn after(mut self, prepare: impl FnMut() + 'a) -> Self {
        self.prepare = Box::new(prepare);
        self
    }
}

/// How large a measurement is.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Rounds that count; one more warms up.
    pub rounds: usize,
    /// Whether this is only a check that everything runs.
    pub small: bool,
}

impl Sizes {
    /// As the command line says: `--small` is one round of small inputs.
    pub fn from_args() -> Self {
        let small = std::env::args().any(|a| a == "--small" || a == "--test");
        Self { rounds: if small { 1 } else { 7 }, small }
    }

    /// `full`, or a tenth and at least ten where this is only a check.
    pub fn of(self, full: usize) -> usize {
        if self.small { (full / 10).max(10) } else { full }
    }
}

/// What is measured: the time since some moment.
pub type Clock = fn() -> Duration;

/// The time of the wall.
pub fn wall() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGUN.elapsed()
}

/// The time that a processor core has worked for this thread, whatever else the machine does.
pub fn work() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Lets the contenders work in turn and prints the median wall time of each, its spread and its ratio to the first.
/// The medians are returned, in order.
pub fn compare(title: &str, sizes: Sizes, contenders: &mut [Contender]) -> Vec<Duration> {
    compare_by(wall, title, sizes, contenders)
}

/// The same by another clock.
pub fn compare_by(clock: Clock, title: &str, sizes: Sizes, contenders: &mut [Contender]) -> Vec<Duration> {
    let mut walls = vec![Vec::new(); contenders.len()];
    let warm_up = usize::from(!sizes.small);
    for round in 0..sizes.rounds + warm_up {
        for (contender, walls) in contenders.iter_mut().zip(&mut walls) {
            (contender.prepare)();
            if !sizes.small {
                touch_memory();
                if contender.warm {
                    (contender.work)();
                }
            }
            let start = clock();
            (contender.work)();
            if round >= warm_up {
                walls.push(clock() - start);
            }
        }
    }
    println!("\n{title}");
    println!("  {:<34} {:>11} {:>8} {:>21}", "", "median ms", "ratio", "min .. max ms");
    let medians: Vec<Duration> = walls.iter().map(|w| median(w)).collect();
    for ((contender, walls), wall) in contenders.iter().zip(&walls).zip(&medians) {
        let (min, max) = (
            walls.iter().min().copied().unwrap_or_default(),
            walls.iter().max().copied().unwrap_or_default(),
        );
        println!(
            "  {:<34} {:>11.2} {:>8.2} {:>10.2} .. {:.2}",
            contender.name,
            ms(*wall),
            ratio(*wall, medians[0]),
            ms(min),
            ms(max),
        );
    }
    medians
}

/// Has free memory at hand: a virtual machine may have lent it to its host, and gets it back when a page is first
/// touched, which takes tens of times as long as clearing it. That is no contender's time.
fn touch_memory() {
    std::hint::black_box(vec![1_u8; 128 << 20]);
}

/// The middle one.
pub fn median(times: &[Duration]) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn ratio(time: Duration, of: Duration) -> f64 {
    time.as_secs_f64() / of.as_secs_f64().max(1e-9)
}
