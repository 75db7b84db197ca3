//! What a confined step still can, what stays as it is, and what is said of it.

use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixListener;

use super::cage::{Cage, Level, is_root};
use crate::orchestrator_kit::SEQCTL;
use crate::support::wait;

/// Runs one script in the project root; its status, and what it said with the reason.
fn one(cage: &mut Cage, cwd: &str, script: &str) -> (String, String) {
    cage.step("one", cwd, "sh", script);
    cage.run().remove("one").unwrap()
}

/// A file of the step in its latest run.
fn file_of(cage: &Cage, name: &str) -> String {
    let runs = fs::read_dir(cage.p.path("runs")).unwrap().flatten().map(|e| e.path()).max().unwrap();
    fs::read_to_string(runs.join("one").join(name)).unwrap()
}

#[test]
fn the_level_stands_in_the_record_of_the_step_and_in_what_run_says() {
    for level in [vec![Level::Off], Level::here()].concat() {
        let mut cage = Cage::new(level);
        assert_eq!(one(&mut cage, ".", "true").0, "DONE");
        let record: serde_json::Value = serde_json::from_str(&file_of(&cage, "status.json")).unwrap();
        assert_eq!(record["sandbox"], level.word());
        cage.p.ok("reset one --yes");
        let said = cage.seqctl(&["run", "all"]).stdout;
        assert!(said.contains(&format!("sandbox {}", level.word())), "{said}");
        assert_eq!(level == Level::Landlock, said.contains("not .threados"), "{said}");
    }
}

#[test]
fn a_step_writes_its_folder_its_files_and_temporary_ones_and_nothing_stays_behind() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        let script = "echo x > own && echo k=v > $THREADOS_OUTPUT && echo x > $THREADOS_STEP_DIR/summary.md \
                      && f=$(mktemp) && echo x > $f && mkdir -m 500 $TMPDIR/locked && echo $f && echo x > /dev/null \
                      && echo x > /dev/stderr";
        let before = files(&cage);
        let (status, said) = one(&mut cage, ".", script);
        assert_eq!(status, "DONE", "{level:?}: {said}");
        assert_eq!(file_of(&cage, "summary.md"), "x\n");
        let temporary = file_of(&cage, "stdout.log");
        assert!(!fs::exists(temporary.trim()).unwrap(), "{temporary} is still there");
        let mut after = files(&cage);
        after.retain(|f| f != "own");
        assert_eq!(after, before, "{level:?}");
    }
}

/// What is in the project root, but for our own.
fn files(cage: &Cage) -> Vec<String> {
    let mut all = Vec::new();
    for folder in ["", ".git"] {
        let entries = fs::read_dir(cage.p.root().join(folder)).unwrap().flatten();
        all.extend(
            entries.map(|e| e.file_name().to_string_lossy().into_owned()).filter(|n| n != ".threados"),
        );
    }
    all.sort();
    all
}

#[test]
fn a_program_keeps_the_name_it_was_called_by_and_its_real_end() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        cage.step("name", ".", "sh", "test \"$(tr '\\0' '\\n' < /proc/$$/cmdline | head -n 1)\" = sh");
        cage.step("signal", ".", "sh", "kill -SEGV $$");
        cage.step("code", ".", "sh", "exit 139");
        cage.step("review", ".", "sh", "exit 42");
        let ends = cage.run();
        assert_eq!(ends["name"].0, "DONE", "{level:?}: {ends:#?}");
        assert!(ends["signal"].1.contains("killed by signal SIGSEGV"), "{level:?}: {ends:#?}");
        assert!(ends["code"].1.contains("exit code 139"), "{level:?}: {ends:#?}");
        assert_eq!(ends["review"].0, "NEEDS_REVIEW", "{level:?}: {ends:#?}");
    }
}

#[test]
fn a_stopped_step_may_put_its_things_in_order() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        cage.step(
            "one",
            ".",
            "sh",
            "trap 'echo in order > own; exit 0' TERM; echo > begun; while :; do sleep 0.02; done",
        );
        std::thread::scope(|scope| {
            let root = cage.p.root();
            let base = cage.base();
            let run = scope.spawn(|| cage.run());
            wait("the step's start", || root.join("begun").exists());
            let stop = std::process::Command::new(env!("CARGO_BIN_EXE_seqctl-under-test"))
                .args(["stop", "one", "--yes"])
                .current_dir(&root)
                .env("HOME", base.join("home"))
                .env("XDG_RUNTIME_DIR", base.join("run"))
                .env("XDG_STATE_HOME", base.join("home/state"))
                .output();
            assert!(stop.unwrap().status.success());
            assert_eq!(run.join().unwrap()["one"].0, "FAILED");
            assert_eq!(fs::read_to_string(root.join("own")).unwrap(), "in order\n", "{level:?}");
        });
    }
}

#[test]
fn a_step_begins_with_no_signal_blocked() {
    for level in [vec![Level::Off], Level::here()].concat() {
        let mut cage = Cage::new(level);
        cage.p.ok("policy allow grep");
        cage.step("one", ".", "sh", "exec grep SigBlk /proc/self/status");
        assert_eq!(cage.run()["one"].0, "DONE");
        assert_eq!(file_of(&cage, "stdout.log"), "SigBlk:\t0000000000000000\n", "{level:?}");
    }
}

#[test]
fn what_a_step_leaves_running_is_ended() {
    for level in [vec![Level::Off], Level::here()].concat() {
        let mut cage = Cage::new(level);
        let (status, said) =
            one(&mut cage, ".", "setsid sh -c 'trap \"\" TERM; exec sleep 600' >/dev/null 2>&1 & sleep 0.1");
        assert_eq!(status, "DONE", "{level:?}: {said}");
        let left = || {
            cage.p.processes().into_iter().any(|pid| {
                let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                line.starts_with(b"sleep\0") && pid != cage.victim()
            })
        };
        assert!(!left(), "{level:?}");
    }
}

#[test]
fn without_a_network_there_is_no_tcp_and_no_udp() {
    for level in [vec![Level::Off], Level::here()].concat() {
        for network in ["allow", "deny"] {
            let mut cage = Cage::new(level);
            cage.policy("network: allow", &format!("network: {network}"));
            let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
            let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
            cage.step("tcp", ".", "sh", &format!("escape tcp {}", tcp.local_addr().unwrap()));
            udp.set_nonblocking(true).unwrap();
            cage.step("udp", ".", "sh", &format!("escape udp {}", udp.local_addr().unwrap()));
            cage.run();
            tcp.set_nonblocking(true).unwrap();
            let got = (tcp.accept().is_ok(), udp.recv(&mut [0; 8]).is_ok());
            let open = network == "allow" || level == Level::Off;
            assert_eq!(got, (open, open), "{level:?}, network {network}");
        }
    }
}

#[test]
fn a_step_may_give_its_network_up_and_gets_none_that_the_policy_denies() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let connect = format!("escape tcp {}", tcp.local_addr().unwrap());
        let add = |line: &str| {
            let words = shlex::split(&format!("step add {line} -- sh -c \"{connect}\"")).unwrap();
            let ran = cage.seqctl(&words.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(ran.code, 0, "{ran:#?}");
        };
        add("with");
        add("without --network deny");
        let lead = format!(
            "{SEQCTL} step add child --network allow -- sh -c \"{connect}\"; {SEQCTL} run all; {SEQCTL} status > seen"
        );
        let words = [
            "step",
            "add",
            "lead",
            "--type",
            "b",
            "--orchestrator",
            "--network",
            "deny",
            "--",
            "sh",
            "-c",
            &lead,
        ];
        assert_eq!(cage.seqctl(&words).code, 0);
        let ends = cage.run();
        assert_eq!(ends["with"].0, "DONE", "{level:?}: {ends:#?}");
        assert_eq!(ends["without"].0, "FAILED", "{level:?}: {ends:#?}");
        assert_eq!(cage.p.status("child"), "FAILED", "{level:?}: a child has no more than its orchestrator");
        assert!(cage.p.read("sequence.yaml").contains("network: deny"));
        cage.policy("network: allow", "network: deny");
        assert_eq!(cage.seqctl(&["step", "edit", "with", "--network", "allow"]).code, 0);
        assert_eq!(cage.seqctl(&["restart", "with", "--yes"]).code, 1, "{level:?}: it only narrows");
    }
}

#[test]
fn the_engines_socket_is_reached_and_those_of_the_session_only_at_landlock() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        let _bus = UnixListener::bind(cage.base().join("run/bus")).unwrap();
        cage.step("engine", ".", "sh", "escape socket $XDG_RUNTIME_DIR/threados/*/engine.sock");
        cage.step("bus", ".", "sh", "escape socket $XDG_RUNTIME_DIR/bus");
        let ends = cage.run();
        assert_eq!(ends["engine"].0, "DONE", "{level:?}: {ends:#?}");
        assert_eq!(ends["bus"].0 == "DONE", level == Level::Landlock, "{level:?}: {ends:#?}");
    }
}

#[test]
fn required_starts_what_is_held_and_nothing_else() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        cage.policy("sandbox: auto", "sandbox: required");
        assert_eq!(one(&mut cage, "sub", "true").0, "DONE", "{level:?}");
        let add = cage.seqctl(&["step", "add", "two", "--", "true"]);
        assert_eq!(add.code, 0, "{add:#?}");
        let plan = cage.seqctl(&["run", "step", "two", "--dry-run"]);
        assert!(plan.stdout.contains(&format!("sandbox {}", level.word())), "{plan:#?}");
        let ran = cage.seqctl(&["run", "step", "two", "--json"]);
        if level == Level::Bubblewrap {
            assert_eq!(ran.code, 0, "{ran:#?}");
        } else {
            assert_eq!((ran.code, &ran.json()["error"]["code"]), (5, &"SANDBOX_REQUIRED".into()), "{ran:#?}");
            assert!(
                ran.stdout.contains(".threados lies in") && ran.stdout.contains("install bubblewrap"),
                "{ran:#?}"
            );
            assert_eq!(cage.p.status("two"), "READY");
            let plan = cage.seqctl(&["run", "step", "two", "--dry-run", "--json"]);
            assert_eq!(
                (plan.code, &plan.json()["steps"][0]["code"]),
                (5, &"SANDBOX_REQUIRED".into()),
                "{plan:#?}"
            );
        }
    }
}

#[test]
fn what_would_make_others_run_code_and_was_not_there_before_is_set_aside() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        let (status, said) = one(
            &mut cage,
            ".",
            "mkdir .gemini && echo evil > .gemini/settings.json; echo evil > .git/commondir",
        );
        assert_eq!(status, "DONE", "{level:?}: {said}");
        assert!(said.contains(".gemini came to be") && said.contains(".git/commondir came to be"), "{said}");
        for gone in [".gemini", ".git/commondir"] {
            assert!(!cage.p.root().join(gone).exists(), "{level:?}: {gone}");
        }
        let aside = cage.p.root().join(".gemini").to_string_lossy().into_owned();
        assert_eq!(file_of(&cage, &format!("set-aside{aside}/settings.json")), "evil\n");
    }
}

#[test]
fn a_listed_folder_is_writable_and_a_listed_key_readable() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        cage.policy("  - \"~/.npm\"", "  - \"~/cache\"\n  - \"~/.ssh\"");
        cage.put("home/cache/x", "");
        let (status, said) =
            one(&mut cage, ".", "echo x > ~/cache/y && cat ~/.ssh/id_ed25519 && test ! -w ~/.bashrc");
        assert_eq!(status, "DONE", "{level:?}: {said}");
    }
}

#[test]
fn an_agent_that_brings_bubblewrap_starts_inside_of_a_step_of_an_ordinary_user() {
    if !is_root() || !Level::here().contains(&Level::Bubblewrap) {
        return;
    }
    let mut cage = Cage::of_user(Level::Bubblewrap, 65534);
    let (status, said) =
        one(&mut cage, ".", "bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc true");
    assert_eq!(status, "DONE", "{said}");
    let doctor = cage.seqctl(&["doctor"]).stdout;
    assert!(doctor.contains("an agent that starts bubblewrap itself can, inside of a step"), "{doctor}");
}

#[test]
fn settings_of_agents_in_the_state_they_may_write_are_held_by_bubblewrap() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        cage.put("home/.claude/settings.json", "{}");
        cage.step("state", ".", "sh", "mkdir ~/.claude/projects && echo x > ~/.claude/projects/x");
        cage.step("settings", ".", "sh", ": >> ~/.claude/settings.json");
        let ends = cage.run();
        assert_eq!(ends["state"].0, "DONE", "{level:?}: {ends:#?}");
        assert_eq!(ends["settings"].0 == "DONE", level == Level::Landlock, "{level:?}: {ends:#?}");
    }
}

#[test]
fn doctor_tries_the_level_and_tells_it() {
    for level in Level::here() {
        let cage = Cage::new(level);
        let said = cage.seqctl(&["doctor"]).stdout;
        assert!(said.contains(&format!("level {}: none of", level.word())), "{said}");
        if level == Level::Landlock || is_root() {
            let cannot = "an agent that starts bubblewrap itself cannot, inside of a step: ";
            let mend = "mend: switch the agent's own sandbox off, ThreadOS holds the step (codex: `-s danger-full-access`";
            assert!(said.contains(cannot) && said.contains(mend), "{said}");
        }
        let both = level == Level::Bubblewrap && Level::here().contains(&Level::Landlock);
        assert_eq!(said.contains("landlock holds our own git, too: none of"), both, "{said}");
        cage.policy("sandbox: auto", "sandbox: off");
        assert!(cage.seqctl(&["doctor"]).stdout.contains("level none: switched off"), "{level:?}");
    }
}

#[test]
fn every_test_that_the_page_on_security_names_is_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let pages = ["SECURITY.md", "core/SECURITY.md"].map(|page| fs::read_to_string(root.join(page)).unwrap());
    let page = pages.concat();
    let mut sources = String::new();
    let proposals = "core/src/proposal";
    let wrapper = ["core/src/wrapper/sandbox", "core/src/wrapper/linux/tests"];
    for folder in ["tests/it", "tests/it/sandbox", "app/tests/gui", proposals].into_iter().chain(wrapper) {
        for file in fs::read_dir(root.join(folder)).unwrap().flatten().filter(|f| f.path().is_file()) {
            sources.push_str(&fs::read_to_string(file.path()).unwrap());
        }
    }
    let named = page.split('`').skip(1).step_by(2).filter(|w| w.matches('_').count() >= 4);
    let missing: Vec<&str> = named.clone().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(named.count() >= 15);
}

#[test]
fn a_rename_of_a_folder_above_sheds_no_protection() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        let script = "for d in .git .git/hooks .claude; do mv $d moved && mv moved $d && echo $d; done; true";
        assert_eq!(one(&mut cage, ".", script).0, "DONE");
        let moved = if level == Level::Bubblewrap { "" } else { ".git\n.git/hooks\n.claude\n" };
        assert_eq!(file_of(&cage, "stdout.log"), moved, "{level:?}");
    }
}

#[test]
fn a_step_knows_itself_at_every_level_also_without_its_environment() {
    for level in Level::here() {
        let mut cage = Cage::new(level);
        let script = format!(
            "{SEQCTL} status | grep 'RUNNING *one' && ! env -i {SEQCTL} step add x -- true > said 2>&1; grep 'is refused' said"
        );
        let (status, said) = one(&mut cage, ".", &script);
        assert_eq!(status, "DONE", "{level:?}: {said}");
        assert!(!cage.p.read("sequence.yaml").contains("id: x"));
    }
}
