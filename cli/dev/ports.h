// Addresses to listen on: chosen and checked before anything is started.
#pragma once

#include <absl/status/statusor.h>

#include <string>
#include <vector>

#include "common/base/settings.h"

namespace windrow::cli {

struct WantedAddress {
  std::string flag;  // that changes it: "--listen"
  config::HostPort address;
};

// The addresses with free ports in place of port 0. UNAVAILABLE naming the one that is
// taken, and the flag. Ports are let go again: another process may be quicker.
absl::StatusOr<std::vector<config::HostPort>> ReservePorts(
    const std::vector<WantedAddress>& wanted);

// Whether something accepts a connection there.
bool Accepts(const config::HostPort& address);
// Whether GET `path` there is answered with 200, within a second.
bool AnswersOk(const config::HostPort& address, const std::string& path);

}  // namespace windrow::cli
