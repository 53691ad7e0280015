#include "server/config_watch.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

namespace sluice::server {
namespace {

int64_t Nanos(const statx_timestamp& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

}  // namespace

ConfigWatch::ConfigWatch(std::string path) : path_(std::move(path)), known_(Now()), last_(known_) {}

bool ConfigWatch::Look() {
  const State now = Now();
  const bool settled = now == std::exchange(last_, now);
  if (!settled || now == known_) return false;
  known_ = now;
  return true;
}

ConfigWatch::State ConfigWatch::Now() const {
  struct statx info{};
  // A file server is asked, whatever this machine remembers of the file.
  if (::statx(AT_FDCWD, path_.c_str(), AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &info) != 0) {
    return {};
  }
  const uint64_t device = (uint64_t{info.stx_dev_major} << 32) | info.stx_dev_minor;
  return {device, info.stx_ino, info.stx_size, Nanos(info.stx_mtime), Nanos(info.stx_ctime)};
}

}  // namespace sluice::server
