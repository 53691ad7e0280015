#include "base/failure_log.h"

#include "base/log.h"

namespace sluice {

void FailureLog::Note(std::string_view what, const Status& status) {
  const auto known = failing_.find(what);
  if (status) {
    if (known == failing_.end()) return;
    log::Info("{} works again", what);
    failing_.erase(known);
    return;
  }
  const Error& error = status.error();
  if (known != failing_.end() && known->second == error.message) return;
  log::Warn("{} fails: {} [{}]", what, error.message, error.detail);
  failing_.insert_or_assign(std::string(what), error.message);
}

}  // namespace sluice
