import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The mesh that `npm run dev` asks: Envoy's address. */
const mesh = process.env["OBSERVATORY_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: { target: "es2022", sourcemap: false, chunkSizeWarningLimit: 700, assetsInlineLimit: 0 },
  server: {
    host: "127.0.0.1",
    proxy: { "^/(observatory|google)\\.": { target: mesh } },
  },
  test: { environment: "happy-dom", include: ["src/**/*.test.{ts,tsx}"] },
});
