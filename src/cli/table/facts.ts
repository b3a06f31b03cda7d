/** What the man page says of the environment. Credentials are found as AWS's tools find them. */
export const ENVIRONMENT = [
  ['AWS_REGION, AWS_PROFILE, AWS_ACCESS_KEY_ID, …', 'As for the AWS CLI.'],
  ['CONTROL_PLANE_URI', 'Endpoint of the control plane, such as that of kvs-launch local.'],
  ['STREAM_NAME', 'The stream of put, camera and rtsp, where no option names one.'],
  ['KVS_LOG_FILE, KVS_LOG_LEVEL', 'As --log-file and --log-level.'],
  ['KVS_LAUNCH_CONFIG', 'The configuration file, as --config.'],
  [
    'KVS_LAUNCH_OPTION, KVS_LAUNCH_COMMAND_OPTION',
    'Any option: KVS_LAUNCH_PROFILE=garden, KVS_LAUNCH_LOCAL_PORT=9000.',
  ],
] as const;

/** What kvs-launch's exit codes mean. */
export const EXIT_CODES = [
  ['0', 'End of stream, or an interrupt: everything was sent and acknowledged.'],
  ['1', 'An error, in the pipeline or on the command line.'],
  ['3, 4', 'rtsp --once: the camera has no video of this codec, or no sound.'],
  ['130', 'A second interrupt: stopped at once.'],
  ['255', 'The pipeline did not start.'],
] as const;
