// server/services.h -- what is started, in which order.
#pragma once

namespace sluice::server {}  // namespace sluice::server
