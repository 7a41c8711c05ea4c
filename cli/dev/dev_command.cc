// `windrow dev`.
#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/dev/dev_environment.h"
#include "cli/dev/receiver_command.h"

namespace windrow::cli {

void AddDev(CLI::App* app, Session* session) {
  CLI::App* dev = app->add_subcommand(
      "dev",
      "Run a whole Windrow on this machine, for trying and developing: a private "
      "PostgreSQL, the server, a worker and a receiver, until Ctrl-C. Its data stays");
  auto options = std::make_shared<DevOptions>();
  dev->add_option("--data", options->data,
                  "the data folder; none: ~/.local/share/windrow-dev");
  dev->add_option("--listen", options->listen, "HOST:PORT for gRPC; port 0: a free one")
      ->capture_default_str();
  dev->add_option("--receiver-listen", options->receiver_listen,
                  "HOST:PORT of the receiver")
      ->capture_default_str();
  dev->add_option("--server-ops", options->server_ops,
                  "HOST:PORT of the server's metrics; none: 127.0.0.1:7471");
  dev->add_option("--worker-ops", options->worker_ops,
                  "HOST:PORT of the worker's metrics; none: 127.0.0.1:7472");
  dev->add_option(
         "--allow-addresses", options->allow_addresses,
         "private addresses that may be sent to, beside the receiver's; repeat it")
      ->allow_extra_args(false);
  CLI::Option* command = dev->add_option(
      "--receiver", options->receiver_command,
      "run this shell command as the receiver; it gets HOST, PORT and WEBHOOK_SECRET");
  dev->add_flag("--no-receiver", options->no_receiver,
                "no receiver, and no demo on the first start")
      ->excludes(command);
  dev->add_option("--ready-file", options->ready_file,
                  "write the addresses here, as one line of JSON, once everything is up");
  const CLI::App* receiver = AddDevReceiver(dev, session);
  dev->callback([session, options, dev, receiver] {
    if (dev->got_subcommand(receiver)) return;
    session->action = [session, options] { return RunDev(*session, *options); };
  });
}

}  // namespace windrow::cli
