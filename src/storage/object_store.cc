#include "storage/object_store.h"

#include <unistd.h>

#include <utility>

#include "base/crypto/crypto.h"
#include "storage/local/local_store.h"
#include "storage/location.h"

namespace sluice::storage {

TemporaryKeys::~TemporaryKeys() {
  crypto::Wipe(secret_access_key);
  crypto::Wipe(session_token);
}

OpenObject::~OpenObject() {
  if (fd_ >= 0) ::close(fd_);
}

OpenObject::OpenObject(OpenObject&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), info_(std::move(other.info_)) {}

int OpenObject::Release() { return std::exchange(fd_, -1); }

bool SameState(const ObjectInfo& a, const ObjectInfo& b) {
  const auto seconds = [](TimePoint t) { return std::chrono::floor<std::chrono::seconds>(t); };
  return a.tag == b.tag && a.size == b.size && seconds(a.modified) == seconds(b.modified);
}

Status CheckKey(std::string_view key) {
  const auto refuse = [&](std::string_view why) {
    return Fail(Code::kInvalidArgument, "not the name of a file of the table",
                std::string(why) + ": " + std::string(key));
  };
  if (key.find('\0') != std::string_view::npos) return refuse("NUL");
  for (size_t begin = 0; begin <= key.size();) {
    const size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view segment = key.substr(begin, end - begin);
    if (segment.empty() || segment == "." || segment == "..") return refuse("bad segment");
    begin = end + 1;
  }
  return {};
}

Result<std::unique_ptr<ObjectStore>> OpenLocalStore(std::string_view location) {
  Location parsed = TRY(ParseLocation(location));
  if (parsed.kind != Location::Kind::kLocal) {
    return Fail(Code::kInvalidArgument, "the location of the table is not valid: it is no folder",
                std::string(location));
  }
  return std::make_unique<LocalStore>(std::move(parsed.path));
}

}  // namespace sluice::storage
