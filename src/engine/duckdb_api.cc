#include "engine/duckdb_api.h"

#include <dlfcn.h>

#include <array>
#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>

namespace sluice::engine {
namespace {

// The file to open, or why there is none.
Result<std::filesystem::path> FindLibrary() {
  std::error_code error;
  const auto binary = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return Fail(Code::kUnavailable, "the query engine is not available", error.message());
  const auto folder = binary.parent_path();
  const std::array candidates = {folder / "libduckdb.so",
                                 folder.parent_path() / "lib/sluice/libduckdb.so"};
  for (const auto& candidate : candidates) {
    if (std::filesystem::exists(candidate, error)) return candidate;
  }
  return Fail(Code::kUnavailable, "the query engine is not installed",
              "libduckdb.so is neither " + candidates[0].string() + " nor " +
                  candidates[1].string() + "; run `make setup` and build again");
}

Result<DuckdbApi> Open(const std::filesystem::path& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return Fail(Code::kUnavailable, "the query engine cannot be loaded",
                std::string(dlerror()) + "; run `make setup` and build again");
  }
  DuckdbApi api;
  const char* missing = nullptr;
#define SLUICE_DUCKDB_RESOLVE(name)                                                 \
  api.name = reinterpret_cast<decltype(api.name)>(dlsym(library, "duckdb_" #name)); \
  if (api.name == nullptr) missing = "duckdb_" #name;
  SLUICE_DUCKDB_FUNCTIONS(SLUICE_DUCKDB_RESOLVE)
#undef SLUICE_DUCKDB_RESOLVE
  if (missing != nullptr) {
    dlclose(library);
    return Fail(Code::kUnavailable, "the query engine cannot be loaded",
                path.string() + " has no " + missing + "; run `make setup` and build again");
  }
  return api;
}

}  // namespace

Result<const DuckdbApi*> LoadDuckdb() {
  static std::mutex mutex;
  static DuckdbApi api;
  static bool loaded = false;
  const std::scoped_lock lock(mutex);
  if (!loaded) {
    api = TRY(Open(TRY(FindLibrary())));
    loaded = true;
  }
  return &api;
}

}  // namespace sluice::engine
