// db/access.h -- what a transaction is for.
#pragma once

namespace sluice::db {

enum class Access { kRead, kWrite };

}  // namespace sluice::db
