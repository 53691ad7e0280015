// api/modules.ts -- parts of the portal that are fetched when they are first needed.
import { useQuery } from "@tanstack/react-query";
import { ApiError } from "./errors";

// Whether who serves the portal answers.
async function answers(): Promise<boolean> {
  try {
    return (await fetch("/", { method: "HEAD", cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

// What `load` imports. Browsers tell a module that a new build has replaced and a server that is away in the same
// words; only the first is cured by loading the page anew, which the router does. The second is an ApiError with the
// status 0: told on the page, and tried again.
export async function fetchModule<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (await answers()) throw error;
    throw new ApiError(0, "UNREACHABLE", "");
  }
}

// What `load` imports, as a query: a fetch that failed is tried again, which React.lazy() never does.
export function useModule<Module>(name: string, load: () => Promise<Module>) {
  return useQuery({
    queryKey: ["module", name],
    queryFn: async () => {
      const reloaded = `reloaded:${name}`;
      try {
        const module = await fetchModule(load);
        sessionStorage.removeItem(reloaded);
        return module;
      } catch (error) {
        // A new build has replaced it: the page is loaded anew, as the router does, once.
        if (error instanceof ApiError || sessionStorage.getItem(reloaded)) throw error;
        sessionStorage.setItem(reloaded, "1");
        window.location.reload();
        return new Promise<never>(() => {});
      }
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  });
}
