// A small server for one GGUF model that speaks OpenAI's protocol, for development and tests.
//
//   node server.mjs --model FILE [--port 0] [--threads 1] [--context 8192] [--parallel 2]
//
// GET /health, GET /v1/models, POST /v1/chat/completions (streamed or not; json_schema held by a grammar; logprobs;
// usage). It listens on 127.0.0.1 only, prints "listening on PORT" when it can be asked, and stops working for who
// hangs up. Models must use the ChatML format. Its threads wait for each other by spinning: give it more than one only
// where that many cores are idle; on busy ones two threads were 20 times slower than one.
import { createServer } from "node:http";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { getLlama, LlamaGrammarEvaluationState, LlamaLogLevel } from "node-llama-cpp";
import { gbnf } from "./gbnf.mjs";

const { values: flags } = parseArgs({
  options: {
    model: { type: "string" },
    port: { type: "string", default: "0" },
    threads: { type: "string", default: "1" },
    context: { type: "string", default: "8192" },
    parallel: { type: "string", default: "2" },
  },
});
const integer = (name) => {
  const value = Number(flags[name]);
  if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number`);
  return value;
};
if (!flags.model) throw new Error("--model FILE is needed: a GGUF file");
const [port, threads, contextSize, parallel] = ["port", "threads", "context", "parallel"].map(integer);

// Tokens of a prompt evaluated between two looks at whether the caller is still there.
const CHUNK = 256;
// Sequences beyond those in use: each keeps what it last read, so that prompts of several kinds find their beginnings.
const SPARE_SEQUENCES = 2;
const MAX_BODY = 8 << 20;

const name = basename(flags.model, ".gguf");
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: threads });
const model = await llama.loadModel({ modelPath: flags.model });
if (!model.fileInfo.metadata.tokenizer?.chat_template?.includes("<|im_start|>")) {
  throw new Error(`${flags.model}: its chat format is not ChatML`);
}
const context = await model.createContext({ contextSize, threads, sequences: parallel + SPARE_SEQUENCES, batchSize: 512 });
const idle = Array.from({ length: context.totalSequences }, () => context.getSequence());

class Refused extends Error {
  constructor(status, message, code = null) {
    super(message);
    Object.assign(this, { status, code });
  }
}

// --- Turns: at most `parallel` requests at once, first come, first served ------------------------------------------

let running = 0;
const waiting = [];

async function turn(signal, work) {
  if (running >= parallel) {
    await new Promise((go) => {
      waiting.push(go);
      signal.addEventListener("abort", () => {
        const place = waiting.indexOf(go);
        if (place >= 0) waiting.splice(place, 1), go();
      });
    });
    if (signal.aborted) return;
  }
  running++;
  try {
    await work();
  } finally {
    running--;
    waiting.shift()?.();
  }
}

// The idle sequence that has read most of these tokens already; where none has read much, the one unused longest.
function takeSequence(tokens) {
  let best = 0;
  let kept = -1;
  idle.forEach((sequence, index) => {
    const { firstDifferentIndex } = sequence.compareContextTokens(tokens);
    if (firstDifferentIndex > kept) [best, kept] = [index, firstDifferentIndex];
  });
  if (kept < Math.min(128, tokens.length / 4)) best = 0;
  return idle.splice(best, 1)[0];
}

// --- The prompt ----------------------------------------------------------------------------------------------------

// Text of a message never becomes a control token, whatever it says.
function promptTokens(messages) {
  if (!Array.isArray(messages) || messages.length === 0) throw new Refused(400, "messages: at least one is needed");
  const tokens = [];
  for (const [index, { role, content }] of messages.entries()) {
    if (!["system", "user", "assistant"].includes(role)) throw new Refused(400, `messages[${index}].role: unknown: ${role}`);
    if (typeof content !== "string") throw new Refused(400, `messages[${index}].content: must be text`);
    tokens.push(...model.tokenize(`<|im_start|>${role}\n`, true), ...model.tokenize(content, false));
    tokens.push(...model.tokenize("<|im_end|>\n", true));
  }
  tokens.push(...model.tokenize("<|im_start|>assistant\n", true));
  return tokens;
}

const grammars = new Map();

async function grammarFor(format) {
  if (!format || format.type === "text") return undefined;
  const schema = format.type === "json_object" ? true : format.json_schema?.schema;
  if (!schema) throw new Refused(400, "response_format: must be json_schema with its schema, json_object or text");
  const key = JSON.stringify(schema);
  if (!grammars.has(key)) {
    if (grammars.size >= 64) grammars.clear();
    try {
      grammars.set(key, await llama.createGrammar({ grammar: gbnf(schema) }));
    } catch (error) {
      throw new Refused(400, `response_format.json_schema: ${error.message}`);
    }
  }
  return grammars.get(key);
}

// --- Writing -------------------------------------------------------------------------------------------------------

// The likeliest next tokens with the logarithms of their probabilities, as the protocol tells them.
function logprob(token, probabilities, top) {
  const entry = (id, probability) => {
    const text = model.detokenize([id], true);
    return { token: text, logprob: Math.log(Math.max(probability, 1e-30)), bytes: [...Buffer.from(text)] };
  };
  const best = [...probabilities.entries()].slice(0, top).map(([id, probability]) => entry(id, probability));
  return { ...entry(token, probabilities.get(token) ?? 0), top_logprobs: best };
}

// Reads the prompt and writes the answer; `tell` gets each piece of text.
async function generate(request, signal, tell) {
  const tokens = promptTokens(request.messages);
  const limit = request.max_completion_tokens ?? request.max_tokens ?? 1024;
  const room = context.contextSize - tokens.length;
  if (room < 1) {
    throw new Refused(400, `the prompt has ${tokens.length} tokens, the context ${context.contextSize}`, "context_length_exceeded");
  }
  const grammar = await grammarFor(request.response_format);
  const stops = [request.stop ?? []].flat();
  const outcome = { finish: "length", prompt: tokens.length, cached: 0, completion: 0 };
  const sequence = takeSequence(tokens);
  try {
    await sequence.adaptStateToTokens(tokens.slice(0, -1), false);
    outcome.cached = sequence.nextTokenIndex;
    let next = outcome.cached;
    for (; next + CHUNK < tokens.length && !signal.aborted; next += CHUNK) {
      await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(next, next + CHUNK));
    }
    if (signal.aborted) return outcome;
    const options = {
      temperature: request.temperature ?? 0,
      seed: request.seed ?? 0,
      grammarEvaluationState: grammar && new LlamaGrammarEvaluationState({ model, grammar }),
      yieldEogToken: true,
    };
    const metadata = { probabilities: Boolean(request.logprobs) };
    const written = [];
    let text = "";
    for await (const { token, probabilities } of sequence.evaluateWithMetadata(tokens.slice(next), metadata, options)) {
      if (signal.aborted) return outcome;
      const ended = model.isEogToken(token);
      outcome.completion++;
      if (!ended) written.push(token);
      const whole = model.detokenize(written);
      const stop = stops.map((word) => whole.indexOf(word)).filter((at) => at >= 0).sort((a, b) => a - b)[0];
      // Half a character is told with its other half.
      const ready = stop === undefined ? whole.replace(/\uFFFD+$/u, "") : whole.slice(0, stop);
      const logprobs = probabilities && [logprob(token, probabilities, request.top_logprobs ?? 0)];
      if (ready.length > text.length || logprobs) tell(ready.slice(text.length), logprobs);
      text = ready;
      if (ended || stop !== undefined) {
        outcome.finish = "stop";
        break;
      }
      if (outcome.completion >= Math.min(limit, room)) break;
    }
    return outcome;
  } finally {
    idle.push(sequence);
  }
}

// --- The protocol --------------------------------------------------------------------------------------------------

async function complete(request, response, signal) {
  const id = `chatcmpl-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
  const head = (object) => ({ id, object, created: Math.floor(Date.now() / 1000), model: name });
  const usage = ({ prompt, completion, cached }) => ({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  });
  if (!request.stream) {
    let content = "";
    const logprobs = [];
    const outcome = await generate(request, signal, (text, told) => {
      content += text;
      logprobs.push(...(told ?? []));
    });
    const choice = { index: 0, message: { role: "assistant", content }, finish_reason: outcome.finish };
    if (request.logprobs) choice.logprobs = { content: logprobs };
    return send(response, 200, { ...head("chat.completion"), choices: [choice], usage: usage(outcome) });
  }
  const event = (choices, more) => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
    response.write(`data: ${JSON.stringify({ ...head("chat.completion.chunk"), choices, ...more })}\n\n`);
  };
  const outcome = await generate(request, signal, (content, told) => {
    event([{ index: 0, delta: { content }, finish_reason: null, ...(told && { logprobs: { content: told } }) }]);
  });
  if (signal.aborted) return;
  event([{ index: 0, delta: {}, finish_reason: outcome.finish }]);
  if (request.stream_options?.include_usage) event([], { usage: usage(outcome) });
  response.end("data: [DONE]\n\n");
}

function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readJson(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Refused(413, "the request is too large");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw new Refused(400, "the request is not JSON");
  }
}

async function answer(request, response) {
  const route = `${request.method} ${new URL(request.url, "http://localhost").pathname}`;
  if (route === "GET /health") return send(response, 200, { status: "ok" });
  if (route === "GET /v1/models") return send(response, 200, { object: "list", data: [{ id: name, object: "model" }] });
  if (route !== "POST /v1/chat/completions") throw new Refused(404, `no such route: ${route}`);
  const body = await readJson(request);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  await turn(gone.signal, () => complete(body, response, gone.signal));
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (!(error instanceof Refused)) console.error(error);
    // Once the stream has begun, breaking it off is the only way to say that it failed.
    if (response.headersSent) return response.destroy();
    const type = error instanceof Refused ? "invalid_request_error" : "server_error";
    send(response, error.status ?? 500, { error: { message: error.message, type, code: error.code ?? null } });
  });
});
server.listen(port, "127.0.0.1", () => console.log(`listening on ${server.address().port}`));
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
