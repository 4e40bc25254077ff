//! A picture of how loss and accuracy went.

use crate::RoundRecord;
use std::fmt::Write;

const WIDTH: f32 = 720.0;
const HEIGHT: f32 = 360.0;
const MARGIN: f32 = 52.0;
const GRID: usize = 5;
const LOSS: &str = "#b03a3a";
const ACCURACY: &str = "#2f6f4f";

/// An SVG file of the rounds with a result that were evaluated: loss on the left axis, accuracy on the right.
pub fn draw_curve(records: &[RoundRecord]) -> String {
    let evaluations: Vec<_> = records.iter().filter_map(|record| record.evaluation).collect();
    let finite = |loss: f32| if loss.is_finite() { loss } else { 0.0 };
    let largest = evaluations.iter().map(|evaluation| finite(evaluation.loss)).fold(0.1, f32::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\">\n\
         <style>text{{font:12px system-ui,sans-serif;fill:#1a1d21}}path{{fill:none;stroke-width:2}}.grid{{stroke:#dde3ea;stroke-width:1}}</style>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    for line in 0..=GRID {
        let share = line as f32 / GRID as f32;
        let y = place_y(share);
        path(&mut svg, "grid", "", &format!("M{MARGIN} {y:.1}H{:.1}", WIDTH - MARGIN));
        text(&mut svg, MARGIN - 8.0, y + 4.0, "end", LOSS, &format!("{:.2}", share * largest));
        text(&mut svg, WIDTH - MARGIN + 8.0, y + 4.0, "start", ACCURACY, &format!("{:.0} %", 100.0 * share));
    }
    let mut curve = |color: &str, value: &dyn Fn(usize) -> f32| {
        let mut line = String::new();
        for index in 0..evaluations.len() {
            let (x, y) = (place_x(index, evaluations.len()), place_y(value(index)));
            let _ = write!(line, "{}{x:.1} {y:.1}", if index == 0 { 'M' } else { 'L' });
        }
        path(&mut svg, "", color, &line);
    };
    curve(LOSS, &|index| finite(evaluations[index].loss) / largest);
    curve(ACCURACY, &|index| evaluations[index].accuracy);
    text(&mut svg, MARGIN, 24.0, "start", LOSS, "loss");
    text(&mut svg, WIDTH - MARGIN, 24.0, "end", ACCURACY, "accuracy");
    let rounds = format!("{} rounds", evaluations.len());
    text(&mut svg, WIDTH / 2.0, HEIGHT - 16.0, "middle", "#1a1d21", &rounds);
    svg.push_str("</svg>\n");
    svg
}

fn place_x(index: usize, count: usize) -> f32 {
    MARGIN + (WIDTH - 2.0 * MARGIN) * index as f32 / (count - 1).max(1) as f32
}

fn place_y(share: f32) -> f32 {
    HEIGHT - MARGIN - (HEIGHT - 2.0 * MARGIN) * share.clamp(0.0, 1.0)
}

fn path(svg: &mut String, class: &str, color: &str, line: &str) {
    let _ = writeln!(svg, "<path class=\"{class}\" stroke=\"{color}\" d=\"{line}\"/>");
}

fn text(svg: &mut String, x: f32, y: f32, anchor: &str, color: &str, text: &str) {
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" style=\"fill:{color}\">{text}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Evaluation;

    fn record(loss: f32, accuracy: f32) -> RoundRecord {
        RoundRecord {
            round: 0,
            done: 1,
            evaluation: Some(Evaluation { loss, accuracy }),
            epsilon: None,
            contributors: Vec::new(),
            dropped: Vec::new(),
            abandoned: None,
            milliseconds: 0,
        }
    }

    #[test]
    fn well_formed_with_a_point_for_each_round() {
        for records in [vec![], vec![record(2.0, 0.1)], vec![record(f32::NAN, 0.1), record(1.0, 0.5), record(0.5, 0.9)]]
        {
            let svg = draw_curve(&records);
            let document = roxmltree::Document::parse(&svg).unwrap();
            let curves =
                document.descendants().filter(|node| node.attribute("class") == Some("") && node.has_tag_name("path"));
            for curve in curves {
                let points = curve.attribute("d").unwrap().matches(['M', 'L']).count();
                assert_eq!(points, records.len());
            }
            assert!(!svg.contains("NaN"));
        }
    }
}
