// delta/schema_change.h -- whether files that were written under one schema can be read with a
// later one.
//
// Columns are the same if their physical names are. Source: Delta PROTOCOL.md, "Column Mapping",
// "Type Widening", "Reader Requirements for ...".
#pragma once

#include "base/result.h"
#include "delta/actions.h"

namespace sluice::delta {

// False: a column has another type now (that was not widened from the older one), or must not be
// null where older files may lack it or have nulls, or the table is partitioned otherwise. Columns
// that are gone do not matter: a reader passes over them.
// Errors: kCorrupt  one of the schemas is broken
Result<bool> ReadsOlderFiles(const Metadata& later, const Metadata& older);

}  // namespace sluice::delta
