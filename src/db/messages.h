// db/messages.h -- what clients are told of a failure, whichever driver it comes from.
#pragma once

#include <string_view>

#include "base/result.h"

namespace sluice::db {

inline std::string_view Message(Code code) {
  switch (code) {
    case Code::kAlreadyExists: return "it exists already";
    case Code::kConflict: return "somebody else made a change at the same time, try again";
    case Code::kUnavailable: return "the database is not available now, try again later";
    case Code::kCorrupt: return "the database is damaged";
    default: return "the database failed";
  }
}

}  // namespace sluice::db
