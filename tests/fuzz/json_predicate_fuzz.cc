// jsonPredicateHints: any text becomes a sound tree, and the same one each time.
#include "sharing/json_predicate.h"

#include "predicate_shape.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::RequireSound(sluice::sharing::ParseJsonPredicate(sluice::fuzz::View(data, size)));
  return 0;
}
