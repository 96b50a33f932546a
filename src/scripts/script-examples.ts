/** Scripts to start from in Swagger UI. */
export const SCRIPT_EXAMPLES = {
  threeScenes: {
    value: {
      title: 'The lighthouse, episode 1',
      userId: 'producer-1',
      seed: 7,
      defaults: { modelId: 'veo-3.1-fast', parameters: { duration: 4, resolution: '720p' } },
      sections: [
        { title: 'Storm', narration: 'It had rained for nine days.', prompt: 'A lighthouse in a storm' },
        { title: 'Stairs', prompt: 'A keeper climbs the spiral stairs with a lantern' },
        {
          title: 'Lamp',
          prompt: 'The lamp flares up',
          modelId: 'wan-2.5-t2v-fast',
          parameters: { duration: 5, size: '832*480' },
        },
      ],
    },
  },
};

export const SECTIONS_EXAMPLES = {
  oneScene: {
    value: { sections: [{ prompt: 'The lamp flares up', modelId: 'wan-2.5-t2v-fast' }] },
  },
};
