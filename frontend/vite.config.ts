import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/** KaTeX names each font in three formats; every browser that runs this page reads woff2. */
const woff2Only: Plugin = {
  name: "woff2-only",
  enforce: "pre",
  transform(code, id) {
    if (!id.includes("katex") || !id.endsWith(".css")) return null;
    return code.replace(/,\s*url\([^)]*\.(woff|ttf)\)\s*format\(["']?\w+["']?\)/g, "");
  },
};

// The page goes where the package looks for it; the licenses of all that is bundled go with it.
export default defineConfig({
  plugins: [woff2Only, svelte()],
  build: {
    outDir: "../src/elman/viewer/page",
    emptyOutDir: true,
    assetsDir: "assets",
    assetsInlineLimit: 0, // fonts as files: the content policy allows no data addresses for them
    modulePreload: { polyfill: false },
    license: { fileName: "NOTICES.md" },
    target: "es2022",
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1500,
  },
});
