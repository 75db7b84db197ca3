//! Template files: reading them.

use super::decode::{self, Decoder};
use super::document::read;
use super::fault::Faults;
use crate::model::Problem;
use crate::thread_template::ThreadTemplate;

/// Reads a template file. `file` is what errors call it; its stem is the template's name where the file names none.
///
/// # Errors
/// Every fault, in the order of the text.
pub fn parse_template(bytes: &[u8], name: &str, file: &str) -> Result<ThreadTemplate, Vec<Problem>> {
    let mut faults = Faults::default();
    let tree = read(bytes, &mut faults)?;
    let mut template = decode::template(&mut Decoder::new(&tree, &mut faults));
    if template.name.is_empty() {
        name.clone_into(&mut template.name);
    } else if template.name != name {
        let message = format!("it calls itself `{}`, and its file `{name}`", template.name);
        let at = tree.entry(tree.root(), "name").map_or(0, |(_, value)| tree.start(value));
        faults.add(at, Problem::new("BAD_VALUE", "name", message).hint("give both the same name"));
    }
    file.clone_into(&mut template.file);
    if faults.is_empty() { Ok(template) } else { Err(faults.finish(tree.text())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread_template::{BUILTIN, Kind, ParamValue};

    #[test]
    fn every_fault_has_its_place_and_a_hint() {
        let text = "name: t\ndescripton: x\nparameters:\n  - { name: Nine, type: number }\n  - { name: a, type: integer, min: 1, default: 0 }\n  - { name: id }\n";
        let faults = parse_template(text.as_bytes(), "t", "t.yaml").unwrap_err();
        let told: Vec<String> =
            faults.iter().map(|p| format!("{}:{} {}", p.line, p.column, p.code)).collect();
        assert_eq!(
            told,
            [
                "1:1 MISSING_KEY",
                "2:1 UNKNOWN_KEY",
                "4:13 BAD_VALUE",
                "4:25 BAD_VALUE",
                "5:48 OUT_OF_RANGE",
                "6:13 BAD_VALUE"
            ]
        );
        assert!(faults.iter().all(|p| p.hint.is_some()), "{faults:#?}");
    }

    #[test]
    fn a_passage_knows_its_line() {
        let text = "lines: |\n  step add a\nprompts:\n  work: >\n    Do it.\n";
        let template = parse_template(text.as_bytes(), "t", "t.yaml").unwrap();
        assert_eq!((template.lines.line, template.lines.text.as_str()), (2, "step add a\n"));
        assert_eq!(template.prompts[0].1.line, 5);
    }

    #[test]
    fn the_templates_that_come_along_have_no_fault_and_a_default_for_everything() {
        for (name, text) in BUILTIN {
            let template =
                parse_template(text.as_bytes(), name, name).unwrap_or_else(|p| panic!("{name}: {p:#?}"));
            assert!(
                template.parameters.iter().all(|p| p.default.is_some() && !p.description.is_empty()),
                "{name}"
            );
            for model in ["claude-code", "shell"] {
                let values = template.values(&[("model".into(), model.into())]).unwrap();
                let actions = template.actions(&values, "x").unwrap_or_else(|e| panic!("{e}"));
                assert!(!actions.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn what_is_set_is_checked() {
        let text = "lines: step add {{ id }}\nparameters:\n  - { name: n, type: integer, min: 2, max: 4 }\n  - { name: how, values: [fast, well], default: well }\n";
        let template = parse_template(text.as_bytes(), "t", "t.yaml").unwrap();
        assert_eq!(template.parameters[1].kind, Kind::Text(vec!["fast".into(), "well".into()]));
        let set = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            template.values(&pairs)
        };
        assert_eq!(set(&[("n", "3")]).unwrap()["n"], ParamValue::Integer(3));
        for (pairs, code) in [
            (&[][..], "MISSING_PARAMETER"),
            (&[("n", "5")][..], "BAD_PARAMETER"),
            (&[("n", "two")][..], "BAD_PARAMETER"),
            (&[("n", "2"), ("how", "slowly")][..], "BAD_PARAMETER"),
            (&[("n", "2"), ("hov", "fast")][..], "UNKNOWN_PARAMETER"),
        ] {
            assert_eq!(set(pairs).unwrap_err().code(), code, "{pairs:?}");
        }
    }
}
