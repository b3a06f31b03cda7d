import { ServiceError } from '../errors/service-error.ts';
import { checkInterval, imageSettings } from '../images/image-settings.ts';
import * as members from '../validation/members.ts';
import { structure, text } from '../validation/shapes.ts';
import { requireDeliverable } from './delivery-rules.ts';
import { jsonOperation } from './operation.ts';

/**
 * DescribeImageGenerationConfiguration.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_DescribeImageGenerationConfiguration.html
 */
export const describeImageGenerationConfiguration = jsonOperation({
  name: 'DescribeImageGenerationConfiguration',
  path: '/describeImageGenerationConfiguration',
  input: structure({ StreamName: members.streamName, StreamARN: members.streamArn }),
  run(input, { context }) {
    const { imageGeneration } = context.streams.find(input).record;
    return { ImageGenerationConfiguration: imageGeneration };
  },
});

/**
 * UpdateImageGenerationConfiguration; without a configuration, the stream's is deleted.
 * https://docs.aws.amazon.com/kinesisvideostreams/latest/dg/API_UpdateImageGenerationConfiguration.html
 */
export const updateImageGenerationConfiguration = jsonOperation({
  name: 'UpdateImageGenerationConfiguration',
  path: '/updateImageGenerationConfiguration',
  input: structure({
    StreamName: members.streamName,
    StreamARN: members.streamArn,
    ImageGenerationConfiguration: structure(
      {
        Status: members.configurationStatus,
        ImageSelectorType: members.timestampOrigin,
        DestinationConfig: structure(
          {
            Uri: members.destinationUri,
            DestinationRegion: text(9, 14, '^[a-z]+(-[a-z]+)?-[a-z]+-[0-9]$'),
          },
          'Uri',
          'DestinationRegion',
        ),
        SamplingInterval: members.samplingInterval,
        Format: members.imageFormat,
        FormatConfig: members.formatConfig,
        WidthPixels: members.widthPixels,
        HeightPixels: members.heightPixels,
      },
      'Status',
      'ImageSelectorType',
      'DestinationConfig',
      'SamplingInterval',
      'Format',
    ),
  }),
  async run(input, { context }) {
    const stream = context.streams.find(input);
    const configuration = input.ImageGenerationConfiguration;
    if (configuration !== undefined) {
      checkInterval(configuration.SamplingInterval);
      imageSettings(configuration);
      const { DestinationRegion } = configuration.DestinationConfig;
      const region = stream.record.arn.split(':')[3];
      if (DestinationRegion !== region) {
        throw new ServiceError(
          'InvalidArgumentException',
          `The DestinationRegion '${DestinationRegion}' is not the stream's, '${region}'.`,
        );
      }
    }
    requireDeliverable(stream.record);
    await context.streams.update(stream, (record) => {
      record.imageGeneration = configuration;
    });
  },
});
