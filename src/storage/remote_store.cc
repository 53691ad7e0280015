#include "storage/remote_store.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "storage/local/beneath.h"

namespace sluice::storage {

Result<LocalCopy> RemoteStore::Fetch(const ObjectInfo& object) const {
  auto file = std::make_shared<const Fd>(::memfd_create("sluice-object", MFD_CLOEXEC));
  if (!file->valid()) return SystemError(errno, object.key);
  TRY(Download(object, file->get()));
  std::string path = fmt::format("/proc/self/fd/{}", file->get());
  return LocalCopy(std::move(path), std::move(file));
}

}  // namespace sluice::storage
