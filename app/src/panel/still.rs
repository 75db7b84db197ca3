//! Panels that stand still. While nothing is told, typed or pointed at there, a panel comes out as it did before: it is
//! put on the screen again and not made anew.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use egui::epaint::Primitive;
use egui::text_selection::LabelSelectionState;
use egui::{
    ClippedPrimitive, Color32, Context, Event, FontId, Galley, Id, LayerId, Mesh, Popup, Pos2, Rect, Sense,
    Shape, Ui,
};

/// What shows how time passes is made anew that often, all else with each second: whatever it depends on that nobody
/// told of is right again by then.
const LIVE: TimeDelta = TimeDelta::milliseconds(50);
const CALM: TimeDelta = TimeDelta::seconds(1);

/// After so many frames without anything that could move it, a panel has come to rest.
const REST: u32 = 3;

/// How near the pointer may come, in points: what is interacted with is found a little beside it, too.
const NEAR: f32 = 8.0;

/// The panels that stand still, by their names.
#[derive(Debug, Default)]
pub struct Still {
    parts: HashMap<Id, Part>,
    /// Whether something was told or asked for since the last frame.
    stirred: bool,
    /// Whether this frame brings nothing that a panel could show.
    quiet: bool,
    /// A text that is the same one as long as every letter stands where it did in the texture of the letters.
    letters: Option<Arc<Galley>>,
    /// How large that texture was as the frame began, and whether something was put on the screen by it.
    atlas: [usize; 2],
    trusted: bool,
}

/// Where a panel is, and what of it is not told by [`Still::stir`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Where it is.
    pub rect: Rect,
    /// Whether it shows how time passes.
    pub live: bool,
    /// Whether it goes on with the seconds where nothing else has a frame drawn.
    pub wakes: bool,
    /// A figure that it shows.
    pub figure: f32,
}

impl Spot {
    /// One that shows nothing but what is told.
    pub fn at(rect: Rect) -> Self {
        Self { rect, live: false, wakes: false, figure: 0.0 }
    }
}

#[derive(Debug, Default)]
struct Part {
    /// For how many frames nothing could have moved it.
    rests: u32,
    kept: Option<Kept>,
}

/// A panel as it came out.
#[derive(Debug)]
struct Kept {
    made: Made,
    since: DateTime<Utc>,
    /// Whether it came out like that twice: nothing in it moves by itself.
    settled: bool,
    seen: Seen,
}

/// What there is of a panel once it is made.
#[derive(Debug, PartialEq)]
struct Seen {
    widgets: Vec<Widget>,
    painted: Vec<(Rect, Arc<Mesh>)>,
}

/// What it was made of, beside what is told.
#[derive(Debug, PartialEq)]
struct Made {
    spot: Spot,
    clip: Rect,
    /// Where it lies, only to be compared.
    style: usize,
    pixels: f32,
    atlas: [usize; 2],
}

/// What can be pointed at and found by keys.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Widget {
    id: Id,
    rect: Rect,
    seen: Rect,
    sense: Sense,
}

impl Still {
    /// Something that panels show may be another now.
    pub fn stir(&mut self) {
        self.stirred = true;
    }

    /// A frame begins.
    pub fn begin(&mut self, ui: &Ui) {
        let ctx = ui.ctx();
        // One that draws no letter: the others stand as they would without it.
        let sample = FontId::proportional(13.0);
        let letters = ctx.fonts_mut(|f| f.layout_no_wrap(" ".to_owned(), sample, Color32::PLACEHOLDER));
        let same = self.letters.as_ref().is_some_and(|before| Arc::ptr_eq(before, &letters));
        self.letters = Some(letters);
        self.atlas = ctx.fonts(|f| f.font_image_size());
        self.trusted = false;
        self.quiet = !std::mem::take(&mut self.stirred) && same && is_quiet(ui);
        if !self.quiet {
            self.parts.clear();
        }
    }

    /// A frame ends.
    pub fn end(&mut self, ctx: &Context) {
        // What was put on the screen again looks for its letters where they stood before.
        if self.trusted && ctx.fonts(|f| f.font_image_size()) != self.atlas {
            self.parts.clear();
            ctx.request_discard("the texture of the letters has grown");
        }
    }

    /// Shows a panel: as it came out before, or else as `add` makes it.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        name: &str,
        spot: Spot,
        now: DateTime<Utc>,
        add: impl FnOnce(&mut Ui),
    ) {
        let made = Made {
            spot,
            clip: ui.clip_rect(),
            style: Arc::as_ptr(ui.style()).addr(),
            pixels: ui.pixels_per_point(),
            atlas: self.atlas,
        };
        let part = self.parts.entry(Id::new(name)).or_default();
        let rests = self.quiet && !is_near(ui, spot.rect);
        part.rests = if rests { part.rests.saturating_add(1) } else { 0 };
        let before = part.kept.take().filter(|kept| rests && kept.made == made);
        if let Some(kept) = before.as_ref().filter(|kept| kept.settled && !kept.is_due(now)) {
            kept.show(ui, now);
            part.kept = before;
            self.trusted = true;
            return;
        }
        if part.rests < REST {
            return add(ui);
        }
        let record = Record::begin(ui);
        add(ui);
        let Some(seen) = record.end(ui) else { return };
        // One that shows how time passes is never quite the same, and soon made anew.
        let settled =
            spot.live || before.as_ref().is_some_and(|before| before.settled || before.seen == seen);
        if before.is_some() && !settled {
            part.rests = 0;
        }
        part.kept = Some(Kept { made, since: now, settled, seen });
    }
}

/// Whether nothing has happened but that the pointer moved, and nobody is in the middle of something.
fn is_quiet(ui: &Ui) -> bool {
    let ctx = ui.ctx();
    let only_moves = |event: &Event| matches!(event, Event::PointerMoved(_) | Event::MouseMoved(_));
    let selects = |labels: &mut LabelSelectionState| labels.has_selection();
    // The tree of those who hear the window is made of what is made anew.
    let is_heard = ctx.accesskit_node_builder(ui.unique_id(), |_| ()).is_some();
    !is_heard
        && ui.input(|i| i.events.iter().all(only_moves))
        && ctx.memory(|m| m.focused().is_none())
        && !Popup::is_any_open(ctx)
        && !ctx.with_plugin(selects).unwrap_or(false)
}

/// Whether the pointer is there, or holds something that it took there.
fn is_near(ui: &Ui, rect: Rect) -> bool {
    let near = rect.expand(NEAR);
    let is_in = |at: Option<Pos2>| at.is_some_and(|at| near.contains(at));
    ui.input(|i| is_in(i.pointer.latest_pos()) || is_in(i.pointer.press_origin()))
}

impl Kept {
    fn due(&self) -> DateTime<Utc> {
        self.since + if self.made.spot.live { LIVE } else { CALM }
    }

    fn is_due(&self, now: DateTime<Utc>) -> bool {
        now >= self.due() || now < self.since
    }

    fn show(&self, ui: &mut Ui, now: DateTime<Utc>) {
        ui.expand_to_include_rect(self.made.spot.rect);
        let clip = ui.clip_rect();
        for widget in &self.seen.widgets {
            ui.set_clip_rect(widget.seen);
            ui.interact(widget.rect, widget.id, widget.sense);
        }
        ui.set_clip_rect(clip);
        ui.ctx().graphics_mut(|layers| {
            let list = layers.entry(ui.layer_id());
            for (clip, mesh) in &self.seen.painted {
                list.add(*clip, Shape::Mesh(Arc::clone(mesh)));
            }
        });
        if self.made.spot.wakes {
            let left = self.since + CALM - now;
            ui.ctx().request_repaint_after(left.to_std().unwrap_or_default());
        }
    }
}

/// Where the layer of a panel was before it was made.
struct Record {
    layer: LayerId,
    widgets: usize,
    shapes: usize,
}

impl Record {
    fn begin(ui: &Ui) -> Self {
        let layer = ui.layer_id();
        let widgets = ui.ctx().viewport(|v| v.this_pass.widgets.get_layer(layer).count());
        let shapes = ui.ctx().graphics(|g| g.get(layer).map_or(0, |list| list.next_idx().0));
        Self { layer, widgets, shapes }
    }

    /// What was made since; nothing where that is not what is shown in the end.
    fn end(self, ui: &Ui) -> Option<Seen> {
        let ctx = ui.ctx();
        if ctx.will_discard() {
            return None;
        }
        let widgets = ctx.viewport(|v| {
            let all = v.this_pass.widgets.get_layer(self.layer).skip(self.widgets);
            // What cannot be used now lies in the way of nothing.
            let sense = |enabled, sense| if enabled { sense } else { Sense::hover() };
            all.map(|w| Widget {
                id: w.id,
                rect: w.rect,
                seen: w.interact_rect,
                sense: sense(w.enabled, w.sense),
            })
            .collect()
        });
        let shapes = ctx.graphics(|g| {
            let all = g.get(self.layer).into_iter().flat_map(|list| list.all_entries());
            all.skip(self.shapes).cloned().collect()
        });
        let mesh = |ClippedPrimitive { clip_rect, primitive }| match primitive {
            Primitive::Mesh(mesh) => Some((clip_rect, Arc::new(mesh))),
            Primitive::Callback(_) => None,
        };
        let painted =
            ctx.tessellate(shapes, ui.pixels_per_point()).into_iter().map(mesh).collect::<Option<_>>()?;
        Some(Seen { widgets, painted })
    }
}
