// What a failed call tells the person: the message, each broken field on a line of its
// own, and the way out.
#pragma once

#include <absl/status/status.h>
#include <absl/time/time.h>
#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <string_view>

#include "cli/session.h"

namespace windrow::cli {

// Several lines, each ended by a line feed. Reads google.rpc details from the status.
std::string ErrorText(const grpc::Status& status, const Session& session);

// "windrow: cannot <what>: …" on standard error; returns the exit status.
int Fail(const Session& session, std::string_view what, const grpc::Status& status);
// The same of what went wrong without a server.
int Fail(const Session& session, std::string_view what, const absl::Status& status);
// The same for a mistake of the caller's, found here: no server was asked.
int FailUsage(const Session& session, std::string_view message);

// How long the server asks to wait before the same call again (RetryInfo), where it does.
std::optional<absl::Duration> RetryDelayOf(const grpc::Status& status);

int ExitCodeOf(grpc::StatusCode code);
std::string CodeName(grpc::StatusCode code);

}  // namespace windrow::cli
