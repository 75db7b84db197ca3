//! Ways out of a sandbox. Each is a script that ends with 0 only where it got out, and each does get out where nothing
//! holds it: the tests prove both.

use std::path::Path;

use super::cage::Cage;

/// One try.
pub struct Try {
    pub name: String,
    pub program: &'static str,
    pub script: String,
    /// Whether it gets out under Landlock when the step works in the project root.
    pub open_at_landlock: bool,
}

/// Ways to change a file `V`; `N` is a number of its own, `OWN` a file of the step.
const WRITES: &[(&str, &str)] = &[
    ("redirect", "echo x > V"),
    ("append", "echo x >> V"),
    ("create", "echo x > V.new"),
    ("tee", "echo x | tee V"),
    ("copy", "echo x > OWN && cp OWN V"),
    ("move-onto", "echo x > OWN && mv OWN V"),
    ("through-a-symlink", "ln -s V OWN && echo x > OWN"),
    ("through-a-symlinked-folder", "ln -s $(dirname V) OWN && echo x > OWN/$(basename V)"),
    ("through-a-hard-link", "ln V OWN && echo x > OWN"),
    ("by-a-relative-path", "echo x > $(realpath --relative-to=. V)"),
    ("by-dots", "echo x > $(dirname V)/../$(basename $(dirname V))/$(basename V)"),
    ("by-proc-root", "echo x > /proc/self/root/V"),
    ("by-a-descriptor", "exec 7<V; echo x > /proc/self/fd/7"),
    ("remove", "test -e V && rm V"),
    ("move-away", "mv V V.moved"),
    ("make-a-folder", "mkdir V.d"),
    ("truncate", "truncate -s 0 V"),
    ("dd", "echo x | dd of=V conv=notrunc status=none"),
    ("sed-in-place", "sed -i s/p/q/ V"),
    ("find-exec", "find V -exec sh -c 'echo mark > \"$1\"' _ {} + && grep -q mark V"),
    ("xargs", "echo V | xargs -I{} sh -c 'echo x > {}'"),
    ("env", "env -i sh -c 'echo x > V'"),
    ("awk", "awk 'BEGIN { print \"x\" > \"V\"; exit close(\"V\") }'"),
    ("a-shell-in-a-shell", "sh -c \"sh -c 'echo x > V'\""),
    (
        "tar",
        "mkdir OWN.d && echo x > OWN.d/$(basename V) && tar -C OWN.d -cf OWN . && tar --no-same-owner -C $(dirname V) -xf OWN",
    ),
    ("a-script-of-its-own", "printf '#!/bin/sh\\necho x > V\\n' > OWN && chmod +x OWN && ./OWN"),
    ("swapped-after-the-check", "echo x > OWN && test -f OWN && ln -sf V OWN && echo x > OWN"),
    (
        "in-the-background",
        "(setsid sh -c 'echo mark > V; : > OWN' > /dev/null 2>&1 &) ; until test -e OWN; do sleep 0.02; done; grep -q mark V",
    ),
];

/// The same by interpreters, where they are installed: the program, and the script.
const INTERPRETERS: &[(&str, &str)] = &[
    ("/usr/bin/perl", "/usr/bin/perl -e 'open(F, q(>), q(V)) or exit 1; print F q(x)'"),
    ("/usr/bin/python3", "/usr/bin/python3 -c 'open(\"V\", \"w\").write(\"x\")'"),
    ("/usr/bin/node", "/usr/bin/node -e 'require(\"fs\").writeFileSync(\"V\", \"x\")'"),
];

/// Folders that steps may not write, below the base; and whether a step in the project root can at Landlock.
const FOLDERS: &[(&str, &str, bool)] = &[
    ("outside", "neighbour", false),
    ("home", "home", false),
    ("prompts", "p/.threados/prompts", true),
    ("other-runs", "p/.threados/runs/20260101T000000Z-0000/other", true),
    ("git-hooks", "p/.git/hooks", true),
    ("agents", "p/.claude", true),
];

/// Ways to read a file `V` that holds the word `precious`.
const READS: &[(&str, &str)] = &[
    ("cat", "cat V"),
    ("copy", "cp V OWN"),
    ("grep", "grep -q precious V"),
    ("through-a-symlink", "ln -s V OWN && cat OWN"),
    ("through-a-hard-link", "ln V OWN && cat OWN"),
    ("by-proc-root", "cat /proc/self/root/V"),
    ("tar", "tar -cf OWN V && grep -q precious OWN"),
    ("move-near", "mv V OWN && cat OWN"),
    ("by-dots", "cat $(dirname V)/../$(basename $(dirname V))/$(basename V)"),
];

/// Keys, and whether a step in the project root can read them at Landlock.
const KEYS: &[(&str, &str, bool)] = &[
    ("ssh", "home/.ssh/id_ed25519", false),
    ("aws", "home/.aws/credentials", false),
    ("gnupg", "home/.gnupg/key", false),
    ("token", "p/.threados/state/token", true),
    ("before-images", "p/.threados/history/image", true),
];

/// Tries with a place of their own. `BASE` is the folder of it all, `VICTIM` a process of somebody else.
const SPECIAL: &[(&str, &str, &str, bool)] = &[
    ("policy", "sh", ": >> BASE/p/.threados/policy.yaml", true),
    (
        "policy-by-rename",
        "sh",
        "cp BASE/p/.threados/policy.yaml OWN && mv OWN BASE/p/.threados/policy.yaml",
        true,
    ),
    ("sequence", "sh", ": >> BASE/p/.threados/sequence.yaml", true),
    ("audit", "sh", ": >> BASE/p/.threados/audit.log", true),
    ("audit-by-a-relative-path", "sh", ": >> $(realpath --relative-to=. BASE/p/.threados)/audit.log", true),
    (
        "a-template",
        "sh",
        "mkdir -p BASE/p/.threados/templates && : > BASE/p/.threados/templates/x.yaml",
        true,
    ),
    ("a-file-in-threados", "sh", ": > BASE/p/.threados/models.yaml", true),
    (
        "wrapper-locks",
        "sh",
        ": > BASE/p/.threados/state/wrappers/x.y && test -e BASE/p/.threados/state/wrappers/x.y && ls BASE/p/.threados/state/token",
        true,
    ),
    ("git-config", "sh", ": >> BASE/p/.git/config", true),
    ("git-config-by-git", "sh", "cd BASE/p && git config core.pager cat", true),
    ("git-config-by-rename", "sh", "cp BASE/p/.git/config OWN && mv OWN BASE/p/.git/config", true),
    ("netrc", "sh", "grep -q precious BASE/home/.netrc", false),
    ("npmrc", "sh", "grep -q precious BASE/home/.npmrc", false),
    ("shell-start-up", "sh", "echo x >> BASE/home/.bashrc", false),
    ("environment-of-another", "sh", "tr '\\0' '\\n' < /proc/VICTIM/environ | grep -q s3cret", false),
    ("memory-of-another", "sh", "head -c 1 /proc/VICTIM/auxv > OWN && test -s OWN", false),
    ("files-of-another", "sh", "ls /proc/VICTIM/fd/0", false),
    ("root-of-another", "sh", "ls /proc/VICTIM/root/", false),
    ("cwd-of-another", "sh", "ls /proc/VICTIM/cwd/", false),
    ("limits-of-another", "sh", "prlimit --pid VICTIM --fsize=1000000000:1000000000", false),
    ("signal-to-another", "sh", "kill -CONT VICTIM", false),
    ("signal-by-a-grandchild", "sh", "(setsid kill -CONT VICTIM) && true", false),
    ("signal-to-the-wrapper", "sh", "kill -CONT $PPID && test $PPID -gt 3", false),
    ("abstract-socket", "sh", "escape abstract ABSTRACT", false),
];

/// Tries to change what is no content. Landlock has no rule for it.
const METADATA: &[(&str, &str)] =
    &[("chmod", "chmod 640 V"), ("utime", "touch -d 2001-01-01 V"), ("chmod-all", "chmod a+r V")];

/// The whole table, for a cage. Each try has a file of its own to work on.
pub fn all(cage: &Cage) -> Vec<Try> {
    let mut found = Vec::new();
    let base = cage.base().to_string_lossy().into_owned();
    for (place, folder, open) in FOLDERS {
        for (way, script) in WRITES {
            found.push(on(cage, found.len(), &format!("write-{place}-{way}"), folder, script, *open));
        }
        for (program, script) in INTERPRETERS.iter().filter(|(program, _)| Path::new(program).exists()) {
            found.push(on(cage, found.len(), &format!("write-{place}-by-{program}"), folder, script, *open));
        }
    }
    for (way, script) in METADATA {
        found.push(on(cage, found.len(), &format!("metadata-{way}"), "neighbour", script, true));
    }
    for (key, file, open) in KEYS {
        for (way, script) in READS {
            let n = found.len();
            // A hard link or a move needs to write where the key is.
            let copy = cage.put(&format!("{file}-{n}"), "precious\n");
            let script = fill(script, n).replace('V', &copy.to_string_lossy());
            found.push(Try {
                name: format!("read-{key}-{way}"),
                program: "sh",
                script,
                open_at_landlock: *open,
            });
        }
    }
    for (name, program, script, open) in SPECIAL {
        let script = fill(script, found.len())
            .replace("BASE", &base)
            .replace("VICTIM", &cage.victim().to_string())
            .replace("ABSTRACT", &format!("tos-{}", cage.victim()));
        found.push(Try { name: (*name).to_owned(), program, script, open_at_landlock: *open });
    }
    found
}

fn on(cage: &Cage, n: usize, name: &str, folder: &str, script: &str, open_at_landlock: bool) -> Try {
    let victim = cage.put(&format!("{folder}/victim-{n}"), "precious\n");
    let script = fill(script, n).replace('V', &victim.to_string_lossy());
    Try { name: name.to_owned(), program: "sh", script, open_at_landlock }
}

fn fill(script: &str, n: usize) -> String {
    script.replace("OWN", &format!("own-{n}")).replace("-N", &format!("-{n}"))
}
