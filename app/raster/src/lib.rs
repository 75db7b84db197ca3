//! Draws what egui made on the CPU, without a GPU and without a driver: the same picture, to the bit, wherever and
//! whenever it is drawn. For tests.

use std::collections::HashMap;

use egui::epaint::{ClippedPrimitive, ImageData, ImageDelta, Mesh, Primitive, Vertex};
use egui::{Color32, ColorImage, Context, FullOutput, Pos2, TextureId, TexturesDelta};
use egui_kittest::TestRenderer;
use image::{Rgba, RgbaImage};

/// The renderer.
#[derive(Debug, Default)]
pub struct Raster {
    textures: HashMap<TextureId, ColorImage>,
}

impl TestRenderer for Raster {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, patches) in delta.set.drain() {
            for patch in patches {
                self.set(id, &patch);
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn render(&mut self, ctx: &Context, output: &FullOutput) -> Result<RgbaImage, String> {
        let scale = output.pixels_per_point;
        let size = ctx.content_rect().size() * scale;
        let mut target = Target::new(size.x.round() as usize, size.y.round() as usize);
        for ClippedPrimitive { clip_rect, primitive } in ctx.tessellate(output.shapes.clone(), scale) {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let Some(texture) = self.textures.get(&mesh.texture_id) else { continue };
            let clip = Clip::of(clip_rect * scale, &target);
            target.mesh(&mesh, texture, clip, scale);
        }
        Ok(target.image())
    }
}

impl Raster {
    fn set(&mut self, id: TextureId, patch: &ImageDelta) {
        let ImageData::Color(new) = &patch.image;
        let Some([x, y]) = patch.pos else {
            self.textures.insert(id, (**new).clone());
            return;
        };
        let Some(old) = self.textures.get_mut(&id) else { return };
        let (width, new_width) = (old.size[0], new.size[0]);
        for row in 0..new.size[1] {
            let from = (y + row) * width + x;
            old.pixels[from..from + new_width].copy_from_slice(&new.pixels[row * new_width..][..new_width]);
        }
    }
}

/// The pixels that may be drawn on; the ends are not among them.
#[derive(Clone, Copy)]
struct Clip {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

impl Clip {
    fn of(rect: egui::Rect, target: &Target) -> Self {
        let within = |v: f32, most: usize| (v.round().max(0.0) as usize).min(most);
        Self {
            left: within(rect.left(), target.width),
            right: within(rect.right(), target.width),
            top: within(rect.top(), target.height),
            bottom: within(rect.bottom(), target.height),
        }
    }
}

struct Target {
    width: usize,
    height: usize,
    pixels: Vec<[f32; 4]>,
}

impl Target {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![[0.0, 0.0, 0.0, 255.0]; width * height] }
    }

    fn mesh(&mut self, mesh: &Mesh, texture: &ColorImage, clip: Clip, scale: f32) {
        for three in mesh.indices.chunks_exact(3) {
            let corner = |i: usize| {
                let vertex = mesh.vertices[three[i] as usize];
                Vertex { pos: (vertex.pos.to_vec2() * scale).to_pos2(), ..vertex }
            };
            self.triangle(corner(0), corner(1), corner(2), texture, clip);
        }
    }

    /// A pixel belongs to a triangle where its middle is inside; on a side that two share, to one of them.
    fn triangle(&mut self, a: Vertex, mut b: Vertex, mut c: Vertex, texture: &ColorImage, clip: Clip) {
        let mut area = side(a.pos, b.pos, c.pos);
        if area == 0.0 || !area.is_finite() {
            return;
        }
        if area < 0.0 {
            std::mem::swap(&mut b, &mut c);
            area = -area;
        }
        let low = |p: f32, q: f32, r: f32, least: usize| {
            ((p.min(q).min(r) - 0.5).ceil().max(0.0) as usize).max(least)
        };
        let high = |p: f32, q: f32, r: f32, most: usize| {
            ((p.max(q).max(r) + 0.5).floor().max(0.0) as usize).min(most)
        };
        let ys = low(a.pos.y, b.pos.y, c.pos.y, clip.top)..high(a.pos.y, b.pos.y, c.pos.y, clip.bottom);
        let xs = low(a.pos.x, b.pos.x, c.pos.x, clip.left)..high(a.pos.x, b.pos.x, c.pos.x, clip.right);
        let owns = [owns(b.pos, c.pos), owns(c.pos, a.pos), owns(a.pos, b.pos)];
        for y in ys {
            for x in xs.clone() {
                let at = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
                let sides = [side(b.pos, c.pos, at), side(c.pos, a.pos, at), side(a.pos, b.pos, at)];
                let inside = sides.iter().zip(owns).all(|(s, own)| *s > 0.0 || (*s == 0.0 && own));
                if inside {
                    let [u, v, w] = sides.map(|s| s / area);
                    let uv = a.uv.to_vec2() * u + b.uv.to_vec2() * v + c.uv.to_vec2() * w;
                    let texel = sample(texture, uv.x, uv.y);
                    let (ca, cb, cc) = (parts(a.color), parts(b.color), parts(c.color));
                    let source: [f32; 4] =
                        std::array::from_fn(|i| (ca[i] * u + cb[i] * v + cc[i] * w) * texel[i] / 255.0);
                    let under = &mut self.pixels[y * self.width + x];
                    let rest = 1.0 - source[3] / 255.0;
                    *under = std::array::from_fn(|i| source[i] + under[i] * rest);
                }
            }
        }
    }

    fn image(&self) -> RgbaImage {
        RgbaImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let pixel = self.pixels[y as usize * self.width + x as usize];
            Rgba(pixel.map(|v| v.round().clamp(0.0, 255.0) as u8))
        })
    }
}

/// Twice the area of a triangle; its sign says on which side of `a b` the third corner is.
fn side(a: Pos2, b: Pos2, at: Pos2) -> f32 {
    (b.x - a.x) * (at.y - a.y) - (b.y - a.y) * (at.x - a.x)
}

/// Whether a pixel on this side belongs to its triangle: on upper and left sides it does.
fn owns(a: Pos2, b: Pos2) -> bool {
    let along = b - a;
    along.y < 0.0 || (along.y == 0.0 && along.x > 0.0)
}

fn parts(color: Color32) -> [f32; 4] {
    color.to_array().map(f32::from)
}

/// The texture between its four nearest pixels.
fn sample(texture: &ColorImage, u: f32, v: f32) -> [f32; 4] {
    let [width, height] = texture.size;
    let place = |t: f32, size: usize| {
        let at = (t * size as f32 - 0.5).clamp(0.0, (size - 1) as f32);
        let low = at.floor();
        (low as usize, (low as usize + 1).min(size - 1), at - low)
    };
    let ((x0, x1, fx), (y0, y1, fy)) = (place(u, width), place(v, height));
    let texel = |x: usize, y: usize| parts(texture.pixels[y * width + x]);
    let (a, b, c, d) = (texel(x0, y0), texel(x1, y0), texel(x0, y1), texel(x1, y1));
    std::array::from_fn(|i| {
        let (upper, lower) = (a[i] + (b[i] - a[i]) * fx, c[i] + (d[i] - c[i]) * fx);
        upper + (lower - upper) * fy
    })
}
