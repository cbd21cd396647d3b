/** Light or dark: as the system has it, until the person chooses. */

const KEY = "elman-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

class Theme {
  #chosen = $state<string | null>(kept());
  #system = $state(system.matches);
  dark = $derived(this.#chosen ? this.#chosen === "dark" : this.#system);

  constructor() {
    system.addEventListener("change", (event) => {
      this.#system = event.matches;
      this.show();
    });
    this.show();
  }

  turn(): void {
    this.#chosen = this.dark ? "light" : "dark";
    try {
      localStorage.setItem(KEY, this.#chosen);
    } catch {
      // a browser that keeps nothing: it holds until the page is closed
    }
    this.show();
  }

  show(): void {
    document.documentElement.dataset.theme = this.dark ? "dark" : "light";
  }
}

function kept(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export const theme = new Theme();

/** A color of the style sheet as it is now, for canvases. */
export function ink(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
