{
  "variables": {
    "bridge_sources": [
      "native/bridge/byte_queue.cc",
      "native/bridge/element_queue.cc",
      "native/bridge/message_log.cc",
      "native/bridge/outbox.cc",
      "native/bridge/queue_bridge.cc",
      "native/bridge/send_batch.cc"
    ],
    "element_sources": [
      "native/element/bringers.cc",
      "native/element/chain.cc",
      "native/element/config.cc",
      "native/element/element_queries.cc",
      "native/element/ending.cc",
      "native/element/enums.cc",
      "native/element/eos.cc",
      "native/element/events.cc",
      "native/element/json.cc",
      "native/element/key_units.cc",
      "native/element/late_pads.cc",
      "native/element/listener.cc",
      "native/element/loss_report.cc",
      "native/element/metadata.cc",
      "native/element/opening.cc",
      "native/element/pad_wait.cc",
      "native/element/pads.cc",
      "native/element/peers.cc",
      "native/element/properties.cc",
      "native/element/property_table.cc",
      "native/element/queries.cc",
      "native/element/register.cc",
      "native/element/secret_param.cc",
      "native/element/settings.cc",
      "native/element/signals.cc",
      "native/element/sink_messages.cc",
      "native/element/source.cc",
      "native/element/states.cc",
      "native/element/statistics.cc",
      "native/element/stream.cc",
      "native/element/structures.cc",
      "native/element/timer.cc",
      "native/element/tracks.cc",
      "native/element/upstream.cc"
    ],
    "plugin_sources": [
      "native/plugin/batch_alarm.cc",
      "native/plugin/host_command.cc",
      "native/plugin/host_deaths.cc",
      "native/plugin/host_link.cc",
      "native/plugin/host_lives.cc",
      "native/plugin/host_process.cc",
      "native/plugin/host_sending.cc",
      "native/plugin/host_watch.cc",
      "native/plugin/platform.cc",
      "native/plugin/plugin.cc",
      "native/plugin/plugin_bridge.cc"
    ],
    "addon_sources": [
      "native/addon/addon.cc",
      "native/addon/addon_bridge.cc",
      "native/addon/bus_messages.cc",
      "native/addon/js_caller.cc",
      "native/addon/pipeline.cc",
      "native/addon/task.cc",
      "native/addon/upstream_elements.cc"
    ]
  },
  "target_defaults": {
    # The sources of a target are compiled as one unit (native/unit.mjs), or two that make takes at once.
    "include_dirs": ["."],
    "cflags": [
      "-Wall",
      "-Wextra",
      "<!@(node -p \"require('fs').existsSync('.git') ? '-Werror' : '-Wno-error'\")",
      "-fvisibility=hidden",
      "<!@(pkg-config --cflags gstreamer-1.0)"
    ],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-exceptions", "-fno-rtti"],
    "cflags_cc": ["-std=c++17", "-fexceptions"],
    "libraries": ["<!@(pkg-config --libs gstreamer-1.0)"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "CLANG_CXX_LIBRARY": "libc++",
      "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "GCC_ENABLE_CPP_RTTI": "YES",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      # What GStreamer's own packages run on.
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
      "WARNING_CFLAGS": ["-Wall", "-Wextra", "-Wno-deprecated-declarations"],
      "OTHER_CFLAGS": ["<!@(pkg-config --cflags gstreamer-1.0)"]
    },
    "conditions": [
      # A compiler for ARMv6, as Raspbian's is, calls libatomic for 64-bit atomics.
      ["target_arch=='arm'", {"libraries": ["-Wl,--push-state,--as-needed,-latomic,--pop-state"]}]
    ]
  },
  "targets": [
    {
      # The element once, for both.
      "target_name": "kvssink_element",
      "type": "static_library",
      "cflags": ["-fPIC"],
      "actions": [
        {
          "action_name": "bridge_unit",
          "inputs": ["native/unit.mjs", "<@(bridge_sources)"],
          "outputs": ["<(INTERMEDIATE_DIR)/bridge.cc"],
          "action": ["node", "native/unit.mjs", "<@(_outputs)", "<@(bridge_sources)"],
          "process_outputs_as_sources": 1
        },
        {
          "action_name": "element_unit",
          "inputs": ["native/unit.mjs", "<@(element_sources)"],
          "outputs": ["<(INTERMEDIATE_DIR)/element.cc"],
          "action": ["node", "native/unit.mjs", "<@(_outputs)", "<@(element_sources)"],
          "process_outputs_as_sources": 1
        }
      ]
    },
    {
      "target_name": "gstkvssink",
      "type": "shared_library",
      "product_prefix": "lib",
      "conditions": [["OS=='mac'", {"product_extension": "dylib"}, {"product_extension": "so"}]],
      "product_dir": "<(PRODUCT_DIR)/gstreamer-1.0",
      "dependencies": ["kvssink_element"],
      "actions": [
        {
          "action_name": "plugin_unit",
          "inputs": ["native/unit.mjs", "<@(plugin_sources)"],
          "outputs": ["<(INTERMEDIATE_DIR)/plugin.cc"],
          "action": ["node", "native/unit.mjs", "<@(_outputs)", "<@(plugin_sources)"],
          "process_outputs_as_sources": 1
        }
      ]
    },
    {
      "target_name": "kvssink_addon",
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "dependencies": ["kvssink_element"],
      "actions": [
        {
          "action_name": "addon_unit",
          "inputs": ["native/unit.mjs", "<@(addon_sources)"],
          "outputs": ["<(INTERMEDIATE_DIR)/addon.cc"],
          "action": ["node", "native/unit.mjs", "<@(_outputs)", "<@(addon_sources)"],
          "process_outputs_as_sources": 1
        }
      ]
    }
  ]
}
