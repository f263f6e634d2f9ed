//! What a host writes itself for an engine that has no pattern of path segments.

/// Whether the path lies under `root`, at least one segment below it.
pub(crate) fn below(root: &str, path: &str) -> bool {
    path.strip_prefix(root)
        .and_then(|rest| rest.strip_prefix('/'))
        .is_some_and(|rest| !rest.split('/').any(str::is_empty))
}

/// Whether the path has the segments of the pattern, `*` standing for any one that is not empty.
pub(crate) fn same_segments(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some("*"), Some(found)) if !found.is_empty() => {}
            (Some(literal), Some(found)) if literal == found => {}
            _ => return false,
        }
    }
}
