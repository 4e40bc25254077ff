//! A picture of a model.

use crate::layout::{Place, layout};
use crate::{Summary, summarize};
use lux_inference::Model;
use std::collections::HashMap;
use std::fmt::Write;

const BOX_WIDTH: usize = 216;
const BOX_HEIGHT: usize = 64;
const COLUMN_WIDTH: usize = 240;
const ROW_HEIGHT: usize = 108;
const MARGIN: usize = 24;
/// Height of the lines above the graph, and the width that they take.
const HEAD: usize = 52;
const HEAD_WIDTH: usize = 640;

const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#1a1d21}.name{font-weight:600;font-size:13px}\
    rect{fill:#eef2f7;stroke:#8b98a9}.weights rect{fill:#e3efe3;stroke:#6b9a6b}.input rect{fill:#fff4d6;stroke:#c29b3a}\
    .output rect{stroke:#b03a3a;stroke-width:2.5}path{fill:none;stroke:#8b98a9;stroke-width:1.5}";

/// An SVG file: a box for each input and node, a line for each value that a node takes.
pub fn draw(model: &Model) -> String {
    let summaries = summarize(model);
    let places = layout(&summaries);
    let columns = places.iter().map(|place| place.column + 1).max().unwrap_or(1);
    let rows = places.iter().map(|place| place.row + 1).max().unwrap_or(1);
    let width = (columns * COLUMN_WIDTH).max(HEAD_WIDTH) + 2 * MARGIN;
    let height = rows * ROW_HEIGHT + 2 * MARGIN + HEAD;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <style>{STYLE}</style>\n<rect width=\"{width}\" height=\"{height}\" style=\"fill:#fff;stroke:none\"/>\n"
    );
    let plan = model.plan();
    text(&mut svg, MARGIN, MARGIN + 10, "name", &format!("model {:?}", model.hash()));
    let takes = format!("{} multiply-accumulates, {} bytes of weights", plan.macs, plan.constant_bytes);
    text(&mut svg, MARGIN, MARGIN + 30, "", &takes);
    let by_value: HashMap<usize, Place> =
        summaries.iter().zip(&places).map(|(summary, place)| (summary.value, *place)).collect();
    // Lines first: boxes lie on them.
    for (summary, place) in summaries.iter().zip(&places) {
        let count = summary.operands.len();
        for (index, operand) in summary.operands.iter().enumerate() {
            line(&mut svg, by_value[operand], *place, (index + 1) * BOX_WIDTH / (count + 1));
        }
    }
    for (summary, place) in summaries.iter().zip(&places) {
        draw_box(&mut svg, model, summary, *place);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Upper left corner of a box.
fn corner(place: Place) -> (usize, usize) {
    (MARGIN + place.column * COLUMN_WIDTH, MARGIN + HEAD + place.row * ROW_HEIGHT)
}

/// Down its column, and over to the node that takes it in the space above that.
fn line(svg: &mut String, from: Place, to: Place, entry: usize) {
    let ((from_x, from_y), (to_x, end)) = (corner(from), corner(to));
    let (x, start, to_x) = (from_x + BOX_WIDTH / 2, from_y + BOX_HEIGHT, to_x + entry);
    let turn = end - (ROW_HEIGHT - BOX_HEIGHT);
    let middle = (turn + end) / 2;
    let _ = writeln!(svg, "<path d=\"M{x} {start}V{turn}C{x} {middle} {to_x} {middle} {to_x} {end}\"/>");
}

fn draw_box(svg: &mut String, model: &Model, summary: &Summary, place: Place) {
    let Summary { value, name, constants, macs, weight_bytes, is_output, .. } = summary;
    let mut class = String::from("value");
    for (applies, word) in [(*name == "Input", " input"), (!constants.is_empty(), " weights"), (*is_output, " output")]
    {
        class.push_str(if applies { word } else { "" });
    }
    let (x, y) = corner(place);
    let _ = writeln!(svg, "<g id=\"value-{value}\" class=\"{class}\">");
    let constant = |index: &usize| {
        let commitment = model.constant(*index).map(|constant| constant.commitment).unwrap_or_default();
        format!("constant {index}: {} {commitment}", model.types()[*index])
    };
    let tooltip: Vec<String> = constants.iter().map(constant).collect();
    if !tooltip.is_empty() {
        let _ = writeln!(svg, "<title>{}</title>", escaped(&tooltip.join("\n")));
    }
    let _ = writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"6\"/>");
    let ending = if *is_output { ", output" } else { "" };
    text(svg, x + 10, y + 19, "name", &format!("{value} {name}{ending}"));
    text(svg, x + 10, y + 36, "", &model.types()[*value].to_string());
    let cost = match (macs, weight_bytes) {
        (0, _) => String::new(),
        (macs, 0) => format!("{macs} MACs"),
        (macs, bytes) => format!("{macs} MACs, {bytes} B weights"),
    };
    text(svg, x + 10, y + 53, "", &cost);
    svg.push_str("</g>\n");
}

fn text(svg: &mut String, x: usize, y: usize, class: &str, content: &str) {
    let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>", escaped(content));
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_language_are_escaped() {
        assert_eq!(escaped("a<b & \"c\">"), "a&lt;b &amp; &quot;c&quot;&gt;");
    }
}
