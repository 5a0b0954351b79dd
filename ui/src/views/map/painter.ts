import type { Places, View } from "./geometry";

/** How points look. */
export interface Look {
  /** Red, green, blue, opacity of each point, 0 to 255. */
  colors: Uint8Array;
  /** Radius of each point in pixels, before zooming. */
  radii: Float32Array;
}

/** Draws points on a canvas. */
export interface Painter {
  look(look: Look): void;
  /** `grow` makes points larger as the view comes nearer. */
  draw(view: View, width: number, height: number, ratio: number, grow: number): void;
  end(): void;
}

const VERTEX = `#version 300 es
in vec2 place; in vec4 color; in float radius;
uniform vec2 middle; uniform vec2 scale; uniform float grow;
out vec4 shade;
void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  gl_PointSize = radius * 2.0 * grow;
  shade = color;
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 shade; out vec4 drawn;
void main() {
  float edge = length(gl_PointCoord - 0.5) * 2.0;
  float cover = 1.0 - smoothstep(0.8, 1.0, edge);
  if (cover <= 0.0) discard;
  drawn = vec4(shade.rgb, 1.0) * shade.a * cover;
}`;

function compiled(gl: WebGL2RenderingContext, kind: number, source: string): WebGLShader {
  const shader = gl.createShader(kind);
  if (shader === null) throw new Error("WebGL gave no shader");
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader) ?? "shader");
  return shader;
}

function webgl(gl: WebGL2RenderingContext, { xs, ys }: Places): Painter {
  const program = gl.createProgram();
  gl.attachShader(program, compiled(gl, gl.VERTEX_SHADER, VERTEX));
  gl.attachShader(program, compiled(gl, gl.FRAGMENT_SHADER, FRAGMENT));
  gl.linkProgram(program);
  gl.useProgram(program);
  const fill = (name: string, data: AllowSharedBufferSource, size: number, kind: number, normalized: boolean) => {
    const at = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, size, kind, normalized, 0, 0);
  };
  const both = new Float32Array(xs.length * 2);
  for (let index = 0; index < xs.length; index += 1) {
    both[index * 2] = xs[index] ?? 0;
    both[index * 2 + 1] = ys[index] ?? 0;
  }
  fill("place", both, 2, gl.FLOAT, false);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const [middle, scale, growth] = [uniform("middle"), uniform("scale"), uniform("grow")];
  return {
    look({ colors, radii }) {
      fill("color", colors, 4, gl.UNSIGNED_BYTE, true);
      fill("radius", radii, 1, gl.FLOAT, false);
    },
    draw(view, width, height, ratio, grow) {
      gl.viewport(0, 0, gl.canvas.width, gl.canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(middle, view.x, view.y);
      gl.uniform2f(scale, (2 * view.scale) / width, (2 * view.scale) / height);
      gl.uniform1f(growth, grow * ratio);
      gl.drawArrays(gl.POINTS, 0, xs.length);
    },
    end() {
      gl.getExtension("WEBGL_lose_context")?.loseContext();
    },
  };
}

function flat(context: CanvasRenderingContext2D, { xs, ys }: Places): Painter {
  let now: Look = { colors: new Uint8Array(), radii: new Float32Array() };
  return {
    look(look) {
      now = look;
    },
    draw(view, width, height, ratio, grow) {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      for (let index = 0; index < xs.length; index += 1) {
        const x = width / 2 + ((xs[index] ?? 0) - view.x) * view.scale;
        const y = height / 2 - ((ys[index] ?? 0) - view.y) * view.scale;
        if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue;
        const [red, green, blue, alpha] = now.colors.subarray(index * 4, index * 4 + 4);
        context.fillStyle = `rgb(${red} ${green} ${blue} / ${(alpha ?? 255) / 255})`;
        const radius = (now.radii[index] ?? 2) * grow;
        context.fillRect(x - radius, y - radius, radius * 2, radius * 2);
      }
    },
    end: () => undefined,
  };
}

/** Draws by WebGL 2 where there is one, else slowly but surely. */
export function painterOf(canvas: HTMLCanvasElement, places: Places): Painter {
  const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
  if (gl !== null) return webgl(gl, places);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser draws nothing");
  return flat(context, places);
}
