//! `cargo xtask docs`: every relative link of every Markdown file leads to a file, and to a heading where it names one.

use crate::command::root;
use eyre::{WrapErr, bail};
use std::fs;
use std::path::{Path, PathBuf};

const FOREIGN: [&str; 2] = ["target", "node_modules"];

pub fn run() -> eyre::Result<()> {
    let mut files = Vec::new();
    collect(&root(), &mut files)?;
    let mut links = 0;
    let mut broken = 0;
    for file in &files {
        let text = fs::read_to_string(file).wrap_err_with(|| format!("cannot read {}", file.display()))?;
        for (line, target) in links_of(&text) {
            links += 1;
            if !leads_somewhere(file, &target) {
                broken += 1;
                eprintln!("{}:{line}: nothing at {target}", file.strip_prefix(root()).unwrap_or(file).display());
            }
        }
    }
    if broken > 0 {
        bail!("{broken} of {links} links are broken");
    }
    println!("{links} relative links in {} Markdown files lead somewhere", files.len());
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> eyre::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || FOREIGN.contains(&name.as_ref()) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if name.ends_with(".md") {
            files.push(path);
        }
    }
    Ok(())
}

/// Line number and target of each `[text](target)` outside code that stays within the repository.
fn links_of(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (index, line) in prose(text) {
        let mut rest = line.as_str();
        while let Some(start) = rest.find("](") {
            rest = &rest[start + 2..];
            let Some(end) = rest.find([')', ' ']) else { break };
            let target = &rest[..end];
            if !target.contains("://") && !target.starts_with("mailto:") {
                links.push((index, target.to_owned()));
            }
        }
    }
    links
}

/// Numbered lines without fenced blocks and inline code.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((index + 1, line.split('`').step_by(2).collect()));
        }
    }
    lines
}

fn leads_somewhere(file: &Path, target: &str) -> bool {
    let (path, heading) = target.split_once('#').unwrap_or((target, ""));
    let destination = if path.is_empty() { file.to_owned() } else { file.with_file_name(path) };
    if heading.is_empty() {
        return destination.exists();
    }
    fs::read_to_string(destination).is_ok_and(|text| headings_of(&text).any(|slug| slug == heading))
}

/// Anchors as the usual renderers make them.
fn headings_of(text: &str) -> impl Iterator<Item = String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    headings.map(|heading| {
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_in_code_and_to_other_sites_do_not_count() {
        let text = "see [a](docs/a.md) and `[b](b.md)`, [c](https://example.org)\n```\n[d](d.md)\n```\n[e](#top)";
        assert_eq!(links_of(text), [(1, "docs/a.md".to_owned()), (5, "#top".to_owned())]);
    }

    #[test]
    fn headings_become_anchors() {
        let slugs: Vec<_> = headings_of("# L2 → L1 `messages`\ntext\n## Header, and claim").collect();
        assert_eq!(slugs, ["l2--l1-messages", "header-and-claim"]);
    }
}
