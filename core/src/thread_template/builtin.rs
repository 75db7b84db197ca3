//! The templates that come with the program; `init` writes them into a project.

/// Name and text of each.
pub const BUILTIN: &[(&str, &str)] = &[
    ("base", include_str!("../../../assets/templates/base.yaml")),
    ("parallel", include_str!("../../../assets/templates/parallel.yaml")),
    ("chained", include_str!("../../../assets/templates/chained.yaml")),
    ("fusion", include_str!("../../../assets/templates/fusion.yaml")),
    ("orchestrated", include_str!("../../../assets/templates/orchestrated.yaml")),
    ("long-autonomy", include_str!("../../../assets/templates/long-autonomy.yaml")),
];
